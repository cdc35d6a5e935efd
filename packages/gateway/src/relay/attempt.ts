import type { Clock } from '../canonical/clock.ts';
import type { Usage } from '../canonical/usage.ts';
import { classifyError } from '../resilience/classify.ts';
import type { Failure, FailureKind } from '../resilience/failure.ts';
import type { RateLimitHeaders } from '../resilience/read-rate-limits.ts';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport/upstream-call.ts';
import { type AttemptOutcome, type UnreportedUse, unreportedUse } from './attempt-outcome.ts';
import { readRefusal } from './refusal.ts';
import { type HeadRules, readHead, type UpstreamHead } from './reply-headers.ts';
import { isReplayable, isStale } from './stale-connection.ts';
import { bodyTooLate, type UploadPace, uploadPace } from './upload-pace.ts';

/** Time limits of one attempt in milliseconds, counted from its start except `idleMs`. */
export interface AttemptLimits {
  readonly headersMs: number;
  /** Undefined: the idle limit alone watches over the first token. */
  readonly firstTokenMs: number | undefined;
  readonly idleMs: number;
  readonly totalMs: number;
  /** `totalMs` is what is left of the whole exchange; otherwise it is the target's own, and another may still answer. */
  readonly isTotalOfExchange: boolean;
}

/** What becomes of a good head and its body: unary, stream and raw replies differ here. */
export interface ReplyBody {
  /** Whether a status with a type of content is an answer; any other is the attempt's failure. */
  accepts(status: number, contentType: string): boolean;
  /** A good head: start. An answer is the reason why this head is not a good one after all. */
  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined;
  /** Body bytes; false pauses the upstream until `attempt.resume()`. */
  data(chunk: Buffer): boolean;
  /** The upstream ended its reply well: finish the client's, or say why it is no answer. */
  end(): Failure | undefined;
  /** Whether any byte has gone to the client. */
  readonly isCommitted: boolean;
  /** Whether the client holds up the flow; the idle limit does not count then. */
  readonly isPaused: boolean;
  readonly usage: Usage | undefined;
  /** `usage` is final: the answer is whole, whether or not all of it has gone out, or its provider said what it took as it gave up. */
  readonly isFinished: boolean;
  /** Tokens of the answer that were read, an estimate; undefined: nobody can tell how much of it was made. */
  readonly outputTokens: number | undefined;
  readonly responseModel: string | undefined;
  /** The tier of service that answers, as the provider tells it. */
  readonly serviceTier: string | undefined;
}

export interface AttemptInput {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly request: UpstreamRequest;
  readonly limits: AttemptLimits;
  readonly body: ReplyBody;
  readonly headRules: HeadRules;
  /** Told what an answer's head says of rate limits; undefined: nobody wants to know. */
  readonly onRateLimits?: ((headers: RateLimitHeaders) => void) | undefined;
}

/** Bytes of an error body that are kept: to read its cause, and to pass it on when the fault is the caller's. */
const MAX_ERROR_BODY = 256 * 1024;
/** Stale connections tried before the failure counts: a pool may hold several that died together. */
const MAX_STALE = 4;
/** Milliseconds an upstream may take to end a reply whose answer is already whole. */
const LINGER_MS = 1_000;

/** One try at one target: sends, watches the clock, and ends exactly once. */
export class Attempt implements UpstreamHandler {
  readonly #input: AttemptInput;
  readonly #body: ReplyBody;
  readonly #startedAt: number;
  #sentAt: number;
  #call: UpstreamCall | undefined;
  #head: UpstreamHead | undefined;
  #errorBody: Buffer[] | undefined;
  #errorBytes = 0;
  #lastAt: number;
  #hasToken = false;
  #cancelTimer: (() => void) | undefined;
  #armedFor = 0;
  #resolve: ((outcome: AttemptOutcome) => void) | undefined;
  #staleConnections = 0;
  /** Undefined where the body is here. */
  readonly #upload: UploadPace | undefined;

  constructor(input: AttemptInput) {
    this.#input = input;
    this.#body = input.body;
    this.#startedAt = input.startedAt;
    this.#sentAt = this.#startedAt;
    this.#lastAt = this.#startedAt;
    this.#upload = uploadPace(input.request.body, input.clock);
  }

  run(): Promise<AttemptOutcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#watch(this.#startedAt);
      this.#send();
    });
  }

  /** Ends the attempt from outside: the client left, or the process stops. Closes the upstream at once. */
  cancel(message: string): void {
    this.fail(failureOf('cancelled', message));
  }

  /** The first token went by: from now on the idle limit counts. */
  noteToken(): void {
    this.#hasToken = true;
    this.#rearm();
  }

  /** The upstream is not silent. A reply's body says so with its bytes, a stream's once for all events of a turn. */
  touch(): void {
    this.#lastAt = this.#input.clock.now();
  }

  resume(): void {
    this.touch();
    this.#call?.resume();
  }

  /**
   * The answer is whole though the upstream has not ended its reply. Nothing waits for that end, but it gets a moment,
   * because a reply that ends leaves a connection to use again.
   */
  complete(): void {
    if (!this.#resolve) return;
    this.#finish(undefined);
    this.#cancelTimer = this.#input.clock.schedule(() => this.#call?.abort(), LINGER_MS);
  }

  /** Ends the attempt as failed and closes the upstream. */
  fail(failure: Failure): void {
    this.#call?.abort();
    this.#finish(failure);
  }

  onHead(status: number, rawHeaders: readonly string[]): void {
    this.touch();
    const head = readHead(status, rawHeaders, this.#input.headRules);
    this.#head = head;
    this.#input.onRateLimits?.(head.rateLimits);
    if (this.#body.accepts(status, head.contentType)) {
      const failure = this.#body.begin(head, this);
      if (failure) this.fail(failure);
    } else {
      this.#errorBody = [];
    }
    this.#rearm();
  }

  onData(chunk: Buffer): boolean {
    if (!this.#errorBody) return this.#body.data(chunk);
    this.touch();
    this.#errorBytes += chunk.length;
    if (this.#errorBytes > MAX_ERROR_BODY) this.fail(this.#classify(Buffer.concat(this.#errorBody)));
    else this.#errorBody.push(chunk);
    return true;
  }

  onEnd(): void {
    this.#cancelTimer?.();
    if (this.#errorBody) this.#finish(this.#classify(Buffer.concat(this.#errorBody)));
    else this.#finish(this.#body.end());
  }

  onError(error: Error, reusedConnection: boolean): void {
    const { clock, request } = this.#input;
    const mayBeStale = this.#head === undefined && reusedConnection && this.#staleConnections < MAX_STALE;
    if (mayBeStale && isReplayable(request) && isStale(error, clock.now() - this.#sentAt)) {
      // The upstream closed an idle connection while the request was on its way: it never saw it.
      this.#staleConnections++;
      this.#sentAt = clock.now();
      this.#send();
      return;
    }
    this.#cancelTimer?.();
    // An error head whose body broke off still tells its status.
    if (this.#errorBody) this.#finish(this.#classify(Buffer.concat(this.#errorBody)));
    else this.#finish(classifyError(error, this.#head === undefined ? 'before-headers' : 'after-headers'));
  }

  #send(): void {
    this.#call = this.#input.transport.send(this.#input.request, this);
    // The transport may have failed within send(), before the call was known here.
    if (!this.#resolve) this.#call.abort();
  }

  #classify(body: Buffer): Failure {
    return readRefusal(this.#head!, body, this.#input.clock.wallNow());
  }

  #finish(failure: Failure | undefined): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    this.#resolve = undefined;
    this.#cancelTimer?.();
    const body = this.#body;
    resolve({
      failure,
      isCommitted: body.isCommitted,
      status: this.#head?.status ?? 0,
      usage: body.usage,
      unreported: this.#unreported(failure),
      responseModel: body.responseModel,
      serviceTier: body.serviceTier,
    });
  }

  /** An error's body is no answer, and a target that was never reached has nothing to charge for. */
  #unreported(failure: Failure | undefined): UnreportedUse | undefined {
    if (this.#errorBody || !this.#call?.isSent) return undefined;
    const { usage, isFinished, outputTokens } = this.#body;
    return unreportedUse({ failure, usage, isFinished, outputTokens });
  }

  /** Arms one timer for whichever limit comes first. Progress only moves a number; the timer looks when it fires. */
  #watch(now: number): void {
    const { at } = this.#nextLimit();
    const delay = Math.max(1, at - now);
    this.#armedFor = at;
    this.#cancelTimer = this.#input.clock.schedule(this.#onTimer, delay);
  }

  /** Another limit counts from here on; it may come sooner than the one the timer was armed for. */
  #rearm(): void {
    if (!this.#resolve || this.#nextLimit().at >= this.#armedFor) return;
    this.#cancelTimer?.();
    this.#watch(this.#input.clock.now());
  }

  readonly #onTimer = (): void => {
    if (!this.#resolve) return;
    const { at, kind, message } = this.#nextLimit();
    const now = this.#input.clock.now();
    if (now < at) this.#watch(now);
    else if (this.#errorBody) this.fail(this.#classify(Buffer.concat(this.#errorBody)));
    else if (!this.#head && this.#upload?.isCallersTurn) this.fail(bodyTooLate());
    else this.fail(failureOf(kind, message ?? limitMessages[kind]));
  };

  #nextLimit(): Limit {
    const { limits } = this.#input;
    const totalAt = this.#startedAt + limits.totalMs;
    const next = this.#phaseLimit();
    if (next.at < totalAt) return next;
    const message = limitMessages.total_timeout;
    // Past its own limit a target is as silent; past the exchange's there is no time for another either.
    return { at: totalAt, kind: limits.isTotalOfExchange ? 'total_timeout' : next.kind, message };
  }

  #phaseLimit(): Limit {
    const { limits } = this.#input;
    const waitingSince = this.#upload?.waitingSince ?? this.#startedAt;
    if (!this.#head) return { at: waitingSince + limits.headersMs, kind: 'headers_timeout' };
    const idleAt = (this.#body.isPaused ? this.#input.clock.now() : this.#lastAt) + limits.idleMs;
    if (this.#hasToken || limits.firstTokenMs === undefined) return { at: idleAt, kind: 'idle_timeout' };
    const firstAt = waitingSince + limits.firstTokenMs;
    return firstAt < idleAt ? { at: firstAt, kind: 'first_token_timeout' } : { at: idleAt, kind: 'idle_timeout' };
  }
}

type TimeoutKind = Extract<FailureKind, `${string}_timeout`>;

interface Limit {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly kind: TimeoutKind;
  /** What to say when it is reached, where the kind says too little. */
  readonly message?: string;
}

const limitMessages: Record<TimeoutKind, string> = {
  connect_timeout: 'the connection was not accepted in time',
  headers_timeout: 'the provider did not begin to answer in time',
  first_token_timeout: 'the provider did not send a first token in time',
  idle_timeout: 'the provider fell silent in the middle of its answer',
  total_timeout: 'the answer was not complete in time',
};

/** A failure that no status or error of the upstream stands behind. */
export function failureOf(kind: FailureKind, message: string): Failure {
  return { kind, status: 0, retryAfterMs: undefined, message, body: undefined, contentType: undefined };
}

/** Why a head whose body is to be read is no good one: its body is compressed. */
export function compressionFault({ contentEncoding }: UpstreamHead): Failure | undefined {
  if (contentEncoding === '' || contentEncoding.toLowerCase() === 'identity') return undefined;
  return failureOf('malformed', `the provider compressed its answer (${contentEncoding}) though not asked to`);
}

/** The statuses of an answer. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
