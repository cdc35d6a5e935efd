import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { AskedAhead } from './ask-ahead.ts';
import { Cancellation } from './cancellation.ts';
import { type Clock, scheduleNoSooner } from './canonical/clock.ts';
import type { ChatRequest } from './canonical/conversation.ts';
import type { AttemptRecord, LedgerEntry, Principal, RequestView } from './canonical/exchange.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import type { Operation } from './canonical/operation.ts';
import type { ProtocolName } from './canonical/protocol-name.ts';
import { addUsage, type Usage } from './canonical/usage.ts';
import type { FormModels } from './framing/form-models.ts';
import type { LedgerSubject } from './ledger/ledger-row.ts';
import type { ParsedBody } from './parsed-body.ts';
import type { BudgetHold } from './policies/budget.ts';
import type { ChatFacts } from './protocols/protocol.ts';
import type { ReplySink } from './relay/reply-sink.ts';
import type { SpendReservation } from './stores/spend-store.ts';
import type { StreamRecovery } from './stream-recovery.ts';

/** Why an exchange was ended from outside. */
export type CancelReason = 'client_closed' | 'shutting_down' | 'deadline';

/**
 * What the path says of streaming: `body` leaves it to the body; `array` is a stream of events in one JSON array
 * instead of frames.
 */
export type StreamAsk = 'body' | 'never' | 'frames' | 'array';

/** The part of a request that routing and the plan need, whatever the body's format. */
export interface RequestFacts extends ChatFacts {
  /** Models that it names beside its own, any of which may answer it; undefined: none. */
  readonly furtherModels?: readonly string[];
}

/** A body too long to hold: it flows to one upstream as it arrives. */
export interface Upload {
  readonly head: Buffer;
  readonly rest: Readable;
  /** Content-Length; undefined when the body is chunked. */
  readonly length: number | undefined;
  readonly maxBytes: number;
  /** Looks for another model than the one that was found; undefined where none was. It has seen `head`. */
  readonly models: FormModels | undefined;
}

/** What is known of an exchange as it begins. */
export type ExchangeInput = Pick<
  Exchange,
  | 'id'
  | 'clock'
  | 'method'
  | 'url'
  | 'headers'
  | 'rawHeaders'
  | 'operation'
  | 'protocol'
  | 'streamAsk'
  | 'pathModel'
  | 'tail'
  | 'query'
  | 'clientAddress'
  | 'peerAddress'
  | 'sink'
>;

const anonymous: Principal = { kind: 'anonymous', name: 'anonymous', identity: 'anonymous', tenant: undefined };

/** One client request and its reply: what the policies see, what cancels it, and what the ledger will say of it. */
export class Exchange extends Cancellation<CancelReason> implements RequestView {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly operation: Operation;
  readonly protocol: ProtocolName;
  readonly streamAsk: StreamAsk;
  /** Model named in the path, decoded. */
  readonly pathModel: string | undefined;
  /** Path after `/v1/` as it is asked of an upstream; for the generic proxy the checked tail. */
  readonly tail: string;
  /** Query of the request, without `?`. */
  readonly query: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly sink: ReplySink;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly replyHeaders: string[] = [];
  readonly attempts: AttemptRecord[] = [];
  principal: Principal = anonymous;
  body: Buffer | undefined;
  /** The body parsed, where it is JSON; until the first attempt has been prepared. */
  parsedBody: ParsedBody | undefined;
  /** Set instead of `body` when the body flows. */
  upload: Upload | undefined;
  /** The body is a form: only its model's name may be edited. */
  isForm = false;
  /** What was wrong with the upload, found while it flowed. */
  uploadFault: GatewayError | undefined;
  /** Where the form names its model, in the bytes read ahead. */
  formModel: { readonly start: number; readonly end: number } | undefined;
  facts: RequestFacts = { model: undefined, stream: false, includeUsage: false, choices: 1 };
  /** The whole request in the words of translation, once it was needed. */
  conversation: ChatRequest | undefined;
  /** What it may come to, all its answers together, once somebody had to know. */
  estimatedUsage: Usage | undefined;
  /** What the last attempt's wire had no words for and could be left out: for `x-gateway-dropped`. */
  dropped: readonly string[] = [];
  /** The wire of the last attempt. */
  upstreamProtocol: ProtocolName | undefined;
  /** Filled as the exchange goes on; see LedgerEntry. */
  requestedModel: string | undefined;
  modelLabel = 'unknown';
  targetModel: string | undefined;
  responseModel: string | undefined;
  provider: string | undefined;
  targetId: string | undefined;
  /** Of an answer that is shared: what the call took that another exchange answers for. */
  sharedUsage: Usage | undefined;
  status = 0;
  failure: string | undefined;
  queuedMs = 0;
  /** When the first of the targets may be asked that were passed over because a limit of theirs is spent, in monotonic milliseconds. */
  limitFreeAt: number | undefined;
  /** Milliseconds spent waiting for upstreams and in back-off before the first byte. */
  waitedMs = 0;
  firstByteAt: number | undefined;
  /** Place in the ExchangeRegistry; its business. */
  registryIndex = -1;
  /** Id of the exchange of which this is a copy for a target that is only watched. */
  shadowOf: string | undefined;
  /** Another exchange made the upstream call, and this one got its answer too. */
  isShared = false;
  /** How a stream that broke was completed by another attempt. */
  recovered: LedgerEntry['recovered'];
  /** By what the ledger knows it, and as whose; 0: no upstream was asked. */
  ledgerTicket = 0;
  ledgerSubject: LedgerSubject | undefined;
  /** What is set aside of budgets for it, until its cost is known; undefined: nothing. */
  budgetHold: BudgetHold | undefined;
  /** The same of its key's budget of tokens. */
  tokenHold: SpendReservation | undefined;
  /** What was asked of its first target while others were asked whether it may pass; undefined: nothing. */
  ahead: AskedAhead | undefined;
  /** What is done when the stream breaks after its first byte; undefined: nothing. */
  recovery: StreamRecovery | undefined;

  readonly #input: ExchangeInput;

  constructor(input: ExchangeInput) {
    super();
    this.#input = input;
    this.id = input.id;
    this.clock = input.clock;
    this.method = input.method;
    this.url = input.url;
    this.headers = input.headers;
    this.rawHeaders = input.rawHeaders;
    this.operation = input.operation;
    this.protocol = input.protocol;
    this.streamAsk = input.streamAsk;
    this.pathModel = input.pathModel;
    this.tail = input.tail;
    this.query = input.query;
    this.clientAddress = input.clientAddress;
    this.peerAddress = input.peerAddress;
    this.sink = input.sink;
    this.startedAt = input.clock.now();
  }

  /** Bytes of an answer have gone out: the caller can be given no other one. */
  get isCommitted(): boolean {
    return this.firstByteAt !== undefined;
  }

  /** The same request under another id, whose answer goes elsewhere. */
  fork(id: string, sink: ReplySink): Exchange {
    const copy = new Exchange({ ...this.#input, id, sink });
    copy.principal = this.principal;
    copy.body = this.body;
    copy.parsedBody = this.parsedBody;
    copy.isForm = this.isForm;
    copy.formModel = this.formModel;
    copy.facts = this.facts;
    copy.requestedModel = this.requestedModel;
    copy.modelLabel = this.modelLabel;
    return copy;
  }

  /** Takes over how a shared call ended. `accounts`: its attempts and what they cost are this exchange's. */
  adopt(call: Exchange, accounts: boolean): void {
    this.isShared = !accounts;
    if (accounts) {
      this.attempts.push(...call.attempts);
      this.ledgerTicket = call.ledgerTicket;
      this.ledgerSubject = call.ledgerSubject;
      this.budgetHold = call.budgetHold;
      this.tokenHold = call.tokenHold;
    }
    this.targetModel = call.targetModel;
    this.responseModel = call.responseModel;
    this.provider = call.provider;
    this.targetId = call.targetId;
    if (!accounts) this.sharedUsage = call.usedInAll();
    // Who got a head has its status; the call, which may go on, knows it at its end only.
    if (this.status === 0) this.status = call.status;
    this.failure = call.failure;
    this.queuedMs = call.queuedMs;
    this.waitedMs += call.waitedMs;
    // What was there before this one came, it got as it came.
    if (call.firstByteAt !== undefined) this.firstByteAt = Math.max(call.firstByteAt, this.startedAt);
    this.recovered = call.recovered;
  }

  /** Throws when the exchange was cancelled. */
  throwIfCancelled(): void {
    if (this.cancelReason) throw cancelError(this.cancelReason);
  }

  /** Waits, never less than that; ends early, by throwing, on cancel. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const onTime = (): void => {
        this.whileCancellable(undefined);
        resolve();
      };
      const cancelTimer = scheduleNoSooner(this.clock, onTime, delayMs);
      this.whileCancellable((reason) => {
        cancelTimer();
        reject(cancelError(reason));
      });
    });
  }

  /** The facts, as they stand when the exchange is over. */
  toLedgerEntry(outcome: LedgerEntry['outcome']): LedgerEntry {
    const now = this.clock.now();
    const firstByteMs = this.firstByteAt === undefined ? undefined : this.firstByteAt - this.startedAt;
    return {
      id: this.id,
      operation: this.operation,
      stream: this.facts.stream,
      principal: this.principal.name,
      requestedModel: this.requestedModel,
      modelLabel: this.modelLabel,
      targetModel: this.targetModel,
      responseModel: this.responseModel,
      // Where nobody answered, the last one asked stands for the failure.
      provider: this.provider ?? this.attempts.at(-1)?.provider,
      targetId: this.targetId ?? this.attempts.at(-1)?.targetId,
      status: this.status,
      outcome,
      failure: this.failure,
      attempts: this.attempts,
      shadowOf: this.shadowOf,
      isShared: this.isShared,
      recovered: this.recovered,
      usage: this.sharedUsage ?? this.usedInAll(),
      isEstimated: this.#hasEstimate(),
      durationMs: now - this.startedAt,
      firstByteMs,
      queuedMs: this.queuedMs,
      overheadMs: this.overheadMs(),
    };
  }

  /** What all attempts took together. */
  usedInAll(): Usage | undefined {
    let sum: Usage | undefined;
    for (const { usage } of this.attempts) {
      if (usage !== undefined) sum = sum === undefined ? usage : addUsage(sum, usage);
    }
    return sum;
  }

  #hasEstimate(): boolean {
    for (const { isEstimated } of this.attempts) if (isEstimated) return true;
    return false;
  }

  /** Milliseconds of the gateway's own up to the first byte, or up to now. */
  overheadMs(): number {
    const until = this.firstByteAt ?? this.clock.now();
    return Math.max(0, until - this.startedAt - this.queuedMs - this.waitedMs);
  }
}

export function cancelError(reason: CancelReason): GatewayError {
  if (reason === 'client_closed') return new GatewayError('client_closed', 'The client closed the connection.');
  if (reason === 'deadline') {
    return new GatewayError('upstream_timeout', 'The request was not answered within its time limit.');
  }
  return new GatewayError('shutting_down', 'The gateway is shutting down; send the request again.', {
    retryAfterMs: 1_000,
  });
}
