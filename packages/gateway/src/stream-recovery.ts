import { answerContextOf } from './answer-context.ts';
import type { ChatRequest } from './canonical/conversation.ts';
import { estimateTokens } from './canonical/estimate-tokens.ts';
import type { StreamRecovery as RecoveryWish } from './config/gateway-config.ts';
import type { Exchange } from './exchange.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import type { StreamDecoder } from './protocols/protocol.ts';
import type { RecordingEncoder } from './recovery/recording-encoder.ts';
import { recoveryMode } from './recovery/recovery-mode.ts';
import { resumeRelay } from './recovery/resume-relay.ts';
import { ResumingStreamReader } from './recovery/resuming-stream-reader.ts';
import { Resumption, type ResumptionMode } from './recovery/resumption.ts';
import { isWhole, type SentAnswer } from './recovery/sent-answer.ts';
import { type CutUsage, combinedUsage, estimatedUsage } from './recovery/told-usage.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import type { Failure, FailureKind } from './resilience/failure.ts';
import type { ChatEndpoint, Route, Target } from './routing/target.ts';
import { SentMemory, SentStream } from './sent-stream.ts';
import { readConversation } from './translation/translation.ts';

/** Undefined: nothing is to be done when the stream breaks. */
export type BeginRecovery = (exchange: Exchange, route: Route) => StreamRecovery | undefined;

/** Bytes that all streams of a process together keep of what they sent. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;

export function createBeginRecovery(newId: () => string): BeginRecovery {
  const memory = new SentMemory(MAX_KEPT_BYTES);
  return ({ facts, operation, principal }, { options }) => {
    const wanted = principal.overrides?.streamRecovery ?? options.streamRecovery;
    if (!facts.stream || (operation !== 'chat' && operation !== 'responses')) return undefined;
    return wanted === 'error' ? undefined : new StreamRecovery(wanted, memory, newId);
  };
}

/** What another attempt is asked. */
export interface ResumeAsk {
  readonly request: ChatRequest;
  readonly endpoint: ChatEndpoint;
  readonly target: Target;
  readonly upstreamModel: string | undefined;
}

/** Kinds by which a stream goes without a word. */
const losses: ReadonlySet<FailureKind> = new Set(['truncated', 'idle_timeout']);

/** Kinds by which a target refuses the beginning of an answer that it is to go on with. */
const refusals: ReadonlySet<FailureKind> = new Set(['caller_fault', 'malformed']);

/**
 * One stream and how it is completed when it breaks after its first byte: what the caller has of it is kept, and other
 * attempts go on from there, so that the caller sees one answer without a seam.
 */
export class StreamRecovery {
  readonly #wanted: RecoveryWish;
  readonly #memory: SentMemory;
  readonly #newId: () => string;
  #stream: SentStream | undefined;
  /** In the state after what the caller has. */
  #encoder: RecordingEncoder | undefined;
  #sent: SentAnswer | undefined;
  #cut: CutUsage | undefined;
  /** Of the request, an estimate. */
  #inputTokens: number | undefined;
  #mode: ResumptionMode | undefined;
  #resumption: Resumption | undefined;
  /** Reads the attempt that was asked last to complete the answer. */
  #reader: ResumingStreamReader | undefined;
  #target: Target | undefined;
  /** The target begins with what it was given to go on with. */
  #repeatsBeginning = false;
  /** Targets that refused the beginning of an answer. */
  readonly #refusing = new Set<string>();
  #wantsRepeat = false;
  /** The failure that broke the answer; undefined while it is whole. */
  brokenBy: Failure | undefined;

  constructor(wanted: RecoveryWish, memory: SentMemory, newId: () => string) {
    this.#wanted = wanted;
    this.#memory = memory;
    this.#newId = newId;
  }

  /** Nothing is sent before the answer is whole. */
  get isHeldWhole(): boolean {
    return this.#wanted === 'buffer';
  }

  /** Keeps what an attempt sends; undefined where that is of no use. */
  keeper(): SentStream | undefined {
    return this.isHeldWhole || this.brokenBy ? undefined : new SentStream(this.#memory);
  }

  /** The stream begins, and it is this attempt's. */
  adopt(stream: SentStream | undefined): void {
    this.#stream = stream;
  }

  /** Whether the target that was asked last is to be asked again, in another way; true once. */
  takeRepeat(): boolean {
    const wantsRepeat = this.#wantsRepeat;
    this.#wantsRepeat = false;
    return wantsRepeat;
  }

  /** How a target is asked to complete the answer. */
  modeFor({ request, endpoint, target, upstreamModel }: ResumeAsk): ResumptionMode | 'none' {
    const isRefused = this.#refusing.has(target.id);
    const wanted = isRefused && this.#wanted === 'auto' ? 'restart' : this.#wanted;
    if (isRefused && wanted === 'continue') return 'none';
    const mode = recoveryMode({
      wanted,
      sent: this.#sent,
      request,
      target: {
        protocol: endpoint.protocol,
        quirks: endpoint.quirks,
        model: upstreamModel,
        override: target.assistantPrefill,
      },
    });
    this.#target = target;
    this.#repeatsBeginning = endpoint.quirks.repeatsPrefill === true;
    this.#mode = mode === 'none' ? undefined : mode;
    return mode;
  }

  /** The target can go on, but what it would be asked is less than what the caller asked. */
  restartInstead(): ResumptionMode | 'none' {
    this.#mode = this.#wanted === 'auto' ? 'restart' : undefined;
    return this.#mode ?? 'none';
  }

  get sent(): SentAnswer | undefined {
    return this.#sent;
  }

  get mode(): ResumptionMode | undefined {
    return this.#mode;
  }

  /** Reads the stream of an attempt that completes the answer. */
  reader(decoder: StreamDecoder): ResumingStreamReader {
    const mode = this.#mode!;
    this.#resumption = new Resumption({
      mode,
      sent: this.#sent!,
      encoder: this.#encoder!,
      repeatsBeginning: this.#repeatsBeginning,
      toldUsage: (last) => combinedUsage({ mode, cut: this.#cut!, last }),
      untoldUsage: () => this.#estimate()?.usage ?? this.#cut!.usage,
    });
    this.#reader = new ResumingStreamReader(decoder, this.#resumption);
    return this.#reader;
  }

  /**
   * An attempt failed after bytes had gone out. `next`: another may complete the answer; `end`: nothing but the stream's
   * own end was missing, and it is out; `nothing`: what was sent cannot be completed.
   */
  takeFailure(exchange: Exchange, failure: Failure, outcome: AttemptOutcome): 'next' | 'end' | 'nothing' {
    if (this.isHeldWhole) return 'nothing';
    if (this.brokenBy !== undefined && !outcome.isCommitted) {
      this.#noteFailedTry(failure);
      this.#settleTry(exchange);
      return 'next';
    }
    this.brokenBy ??= failure;
    if (!this.#readSent(exchange)) return 'nothing';
    const { facts, sink } = exchange;
    // Only a lost connection says nothing about the answer; an error that was told does, even behind its finish.
    if (losses.has(failure.kind) && isWhole(this.#sent!, facts.choices)) {
      sink.end(this.#endOf(facts.includeUsage));
      return 'end';
    }
    return 'next';
  }

  /** The failure as the plan takes it. What a target refuses that another has begun to answer is no fault of the caller's. */
  forPlan(failure: Failure): Failure {
    return { ...failure, kind: failure.kind === 'caller_fault' ? 'diverged' : failure.kind, isMidAnswer: true };
  }

  /** Gives back the memory of what was kept. */
  release(): void {
    this.#stream?.release();
  }

  /** An attempt that was to complete the answer added nothing to it. */
  #noteFailedTry({ kind }: Failure): void {
    const target = this.#target;
    if (this.#mode === 'continue' && target && refusals.has(kind) && !this.#resumption?.hasNew) {
      this.#refusing.add(target.id);
      this.#wantsRepeat = this.#wanted === 'auto';
    }
  }

  /**
   * An attempt that got no word in may have ended a part, and what it had written of the event that broke it was held
   * back. The encoder counts on both.
   */
  #settleTry({ sink }: Exchange): void {
    const rest = this.#reader?.takeOutput();
    this.#reader = undefined;
    if (rest && rest.length > 0) sink.write(rest);
    this.#sent = this.#encoder?.sent;
  }

  /** Finds out what the caller has; false when nobody can go on from there. */
  #readSent(exchange: Exchange): boolean {
    try {
      const { body, facts, protocol } = exchange;
      exchange.conversation ??= readConversation(protocol, body!, facts);
      this.#encoder ??= this.#stream?.encoder ?? this.#resumeRelay(exchange, exchange.conversation);
      const sent = this.#encoder?.sent;
      if (sent === undefined) return false;
      this.#sent = sent;
      this.#inputTokens ??= estimateTokens(exchange.conversation);
      this.#cut = this.#estimate();
      return true;
    } catch {
      // A relayed request need not be one that the gateway understands.
      return false;
    }
  }

  /** What the answer took so far; undefined when it is too long to be known. */
  #estimate(): CutUsage | undefined {
    const sent = this.#encoder?.sent;
    return sent && estimatedUsage(sent, this.#inputTokens ?? 0);
  }

  #resumeRelay(exchange: Exchange, request: ChatRequest): RecordingEncoder | undefined {
    const chunks = this.#stream?.chunks;
    if (chunks === undefined) return undefined;
    const idSeed = this.#newId();
    return resumeRelay({
      protocol: findProtocol(exchange.protocol),
      chunks,
      context: answerContextOf(exchange, request, idSeed),
      idSeed,
      choices: exchange.facts.choices,
    });
  }

  #endOf(includesUsage: boolean): Buffer {
    const encoder = this.#encoder!;
    const isToldUsage = this.#sent!.usage !== undefined || !includesUsage;
    const usage = isToldUsage ? [] : [encoder.push({ type: 'usage', usage: this.#cut!.usage })];
    return Buffer.concat([...usage, encoder.push({ type: 'end' })]);
  }
}
