import { GatewayError } from './canonical/gateway-error.ts';
import type { JsonObject } from './canonical/json.ts';
import type { Operation } from './canonical/operation.ts';
import type { Exchange } from './exchange.ts';
import { prepareAsk } from './prepare-ask.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { Attempt, type AttemptLimits, type AttemptOutcome, failureOf, type ReplyBody } from './relay/attempt.ts';
import type { HeadRules } from './relay/reply-headers.ts';
import type { ReplyHost } from './relay/reply-sink.ts';
import { createReplyBody } from './reply-body.ts';
import { addReplyTrail } from './reply-trail.ts';
import type { Failure } from './resilience/failure.ts';
import type { HealthRegistry } from './resilience/health.ts';
import type { PlanStep } from './routing/plan.ts';
import type { SignRequest, Target } from './routing/target.ts';
import type { TargetLoad } from './routing/target-load.ts';
import type { LimitStore, LimitVerdict } from './stores/limit-store.ts';
import type { Slot, SlotRefusal, SlotStore } from './stores/slot-store.ts';
import { HeldAnswer } from './translation/held-answer.ts';
import type { OperationTranslation } from './translation/operation-translation.ts';
import type { StoredResponses } from './translation/stored-responses.ts';
import { type RewrittenAnswer, unreadable } from './translation/translated-unary.ts';
import type { MediaFetcher } from './transport/media-fetcher.ts';
import type { Transport, UpstreamRequest } from './transport/upstream-call.ts';
import { operationRequest, type UpstreamAsk, upstreamRequest } from './upstream-request.ts';

export interface AttemptRingParts {
  readonly transport: Transport;
  /** Fetches pictures and documents for upstreams that take no addresses. */
  readonly media: MediaFetcher;
  readonly storedResponses: StoredResponses;
  /** What is known of models. */
  readonly models: Pick<ModelCatalogue, 'maxOutputTokens'>;
  readonly health: HealthRegistry;
  readonly load: TargetLoad;
  readonly slots: SlotStore;
  readonly limits: LimitStore;
  readonly headRules: HeadRules;
  readonly securityHeaders: (exchange: Exchange) => readonly string[];
  /** Sixteen letters and digits, another each time. */
  readonly newId: () => string;
}

/** One attempt with everything around it: target limits → bulkhead → health → relay → records. */
export type AttemptRing = (exchange: Exchange, step: PlanStep, deadline: number) => Promise<AttemptOutcome>;

export function createAttemptRing(parts: AttemptRingParts): AttemptRing {
  return (exchange, step, deadline) => {
    const ringed = new RingedAttempt(parts, exchange, step);
    const entered = ringed.enter();
    return entered instanceof Promise
      ? entered.then((slot) => ringed.run(slot, deadline))
      : ringed.run(entered, deadline);
  };
}

const cancelledBefore = failureOf('cancelled', 'cancelled before the target was asked');
const freeSlot: Slot = { release: () => {} };

/** The attempt of one step. A class for its state only: closures over as much would cost more. */
class RingedAttempt implements ReplyHost {
  readonly #parts: AttemptRingParts;
  readonly #exchange: Exchange;
  readonly #step: PlanStep;
  readonly #target: Target;
  readonly #startedAt: number;
  /** When the target was asked; what health was told before then is not this attempt's doing. */
  #askedAt = 0;

  constructor(parts: AttemptRingParts, exchange: Exchange, step: PlanStep) {
    this.#parts = parts;
    this.#exchange = exchange;
    this.#step = step;
    this.#target = step.routeTarget.target;
    this.#startedAt = exchange.clock.now();
  }

  /** Outgoing limits, then a slot. A target that is busy is a reason to try another at once. */
  enter(): Slot | Failure | Promise<Slot | Failure> {
    const { limits, id } = this.#target;
    if (limits.length === 0) return this.#takeSlot();
    const verdict = this.#parts.limits.take(limits.map((rule) => ({ rule, key: id, cost: 1 })));
    return verdict instanceof Promise ? verdict.then((late) => this.#afterLimits(late)) : this.#afterLimits(verdict);
  }

  async run(slot: Slot | Failure, deadline: number): Promise<AttemptOutcome> {
    // Who left while waiting for the target was never tried there.
    if ('kind' in slot) return slot.kind === 'cancelled' ? refused(slot) : this.#record(refused(slot));
    const exchange = this.#exchange;
    const { health, load, media, models, storedResponses } = this.#parts;
    const { healthId, id } = this.#target;
    load.enter(id);
    try {
      if (exchange.cancelReason) return refused(cancelledBefore);
      const prepared = prepareAsk({ exchange, step: this.#step, media, models, storedResponses });
      const ask = prepared instanceof Promise ? await prepared : prepared;
      // Who left while something was fetched for it needs no answer.
      if (exchange.cancelReason) return refused(cancelledBefore);
      if ('kind' in ask) return this.#record(refused(ask));
      this.#claimHealth();
      this.#askedAt = exchange.clock.now();
      const { operation } = ask;
      const outcome = operation?.operation
        ? await this.#runOperation(operation.operation, deadline)
        : await this.#call(upstreamRequest(exchange, this.#step, ask), this.#replyBody(ask), deadline);
      exchange.whileCancellable(undefined);
      this.#reportHealth(health, healthId, outcome.failure);
      return this.#record(outcome);
    } finally {
      load.leave(id);
      slot.release();
    }
  }

  #replyBody({ translation }: UpstreamAsk): ReplyBody {
    return createReplyBody({ exchange: this.#exchange, host: this, translation, newId: this.#parts.newId });
  }

  /** One call of the target. Without a signature to wait for, no promise is made but the attempt's own. */
  #call(request: UpstreamRequest, body: ReplyBody, deadline: number): Promise<AttemptOutcome> {
    const { sign } = this.#target;
    return sign === undefined ? this.#send(request, body, deadline) : this.#signAndSend(request, body, deadline);
  }

  async #signAndSend(unsigned: UpstreamRequest, body: ReplyBody, deadline: number): Promise<AttemptOutcome> {
    const request = await signed(unsigned, this.#target.sign!);
    if ('kind' in request) return refused(request);
    // Who left meanwhile is not asked for.
    return this.#exchange.cancelReason ? refused(cancelledBefore) : this.#send(request, body, deadline);
  }

  #send(request: UpstreamRequest, body: ReplyBody, deadline: number): Promise<AttemptOutcome> {
    const { clock } = this.#exchange;
    const { headRules, transport } = this.#parts;
    const startedAt = clock.now();
    const limits = limitsOf(this.#exchange, this.#step, deadline - startedAt);
    const attempt = new Attempt({ transport, clock, startedAt, request, limits, body, headRules });
    this.#exchange.whileCancellable((reason) => attempt.cancel(reason));
    return attempt.run();
  }

  /** An operation in another wire: its calls one after another, and the caller's answer made of theirs. */
  async #runOperation(operation: OperationTranslation, deadline: number): Promise<AttemptOutcome> {
    const exchange = this.#exchange;
    const answers: JsonObject[] = [];
    for (const call of operation.calls) {
      const held = new HeldAnswer(MAX_HELD_ANSWER);
      const outcome = await this.#call(operationRequest(exchange, this.#target, operation, call), held, deadline);
      if (outcome.failure) return outcome;
      if (exchange.cancelReason) return refused(cancelledBefore);
      answers.push(held.value!);
    }
    const answer = rewritten(operation, answers);
    if ('kind' in answer) return refused(answer);
    const headers = ['content-type', 'application/json', 'content-length', String(answer.body.length)];
    this.begin(headers);
    exchange.sink.head(200, headers);
    exchange.sink.end(answer.body);
    const { usage, responseModel } = answer;
    return { failure: undefined, isCommitted: true, status: 200, usage, responseModel };
  }

  /** The answer begins: from here on it is this target's. */
  begin(headers: string[]): void {
    const exchange = this.#exchange;
    const now = exchange.clock.now();
    exchange.firstByteAt = now;
    exchange.waitedMs += now - this.#startedAt;
    exchange.provider = this.#target.provider;
    exchange.targetId = this.#target.id;
    exchange.targetModel = this.#step.upstreamModel;
    const security = this.#parts.securityHeaders(exchange);
    for (let index = 0; index < security.length; index++) headers.push(security[index]!);
    addReplyTrail(exchange, headers);
  }

  #afterLimits(verdict: LimitVerdict): Slot | Failure | Promise<Slot | Failure> {
    if (verdict.allowed) return this.#takeSlot();
    const failure = failureOf('target_busy', `the limit of requests to ${this.#target.id} is spent`);
    return { ...failure, retryAfterMs: verdict.retryAfterMs };
  }

  #takeSlot(): Slot | Failure | Promise<Slot | Failure> {
    const { bulkhead } = this.#target;
    if (!bulkhead) return freeSlot;
    const slot = this.#parts.slots.acquire(bulkhead, this.#exchange);
    return slot instanceof Promise ? slot.then((late) => this.#afterWait(late)) : this.#afterWait(slot);
  }

  #afterWait(slot: Slot | SlotRefusal): Slot | Failure {
    if (typeof slot === 'object') return slot;
    return slot === 'aborted'
      ? failureOf('cancelled', 'cancelled while waiting for the target')
      : failureOf('target_busy', `${this.#target.id} serves as many requests as it may`);
  }

  /** A target that is out gets one request at a time; one offered although it is out, because there is nothing better. */
  #claimHealth(): void {
    const { health } = this.#parts;
    const { healthId } = this.#target;
    if (!health.isUsable(healthId) && !health.beginTrial(healthId)) health.forceTrial(healthId);
  }

  #reportHealth(health: HealthRegistry, id: string, failure: Failure | undefined): void {
    if (!failure) health.reportSuccess(id, this.#askedAt);
    else if (failure.kind === 'cancelled' || !concernsTarget(this.#exchange.operation, failure)) {
      health.abandonTrial(id, this.#askedAt);
    } else health.reportFailure(id, failure.kind, this.#askedAt);
  }

  /** Writes down how the attempt ended, for ledger and trail. */
  #record(outcome: AttemptOutcome): AttemptOutcome {
    const exchange = this.#exchange;
    const durationMs = exchange.clock.now() - this.#startedAt;
    if (exchange.firstByteAt === undefined) exchange.waitedMs += durationMs;
    if (outcome.isCommitted) {
      exchange.usage = outcome.usage;
      exchange.responseModel = outcome.responseModel;
      exchange.status = outcome.status;
    }
    exchange.attempts.push({
      targetId: this.#target.id,
      provider: this.#target.provider,
      upstreamModel: this.#step.upstreamModel,
      outcome: outcome.failure?.kind ?? 'ok',
      status: outcome.status,
      durationMs,
    });
    return outcome;
  }
}

/** Longest answer that is held to be written anew. */
const MAX_HELD_ANSWER = 64 * 1024 * 1024;

function rewritten(operation: OperationTranslation, answers: readonly JsonObject[]): RewrittenAnswer | Failure {
  try {
    return operation.rewrite(answers);
  } catch (error) {
    return unreadable(error);
  }
}

async function signed(request: UpstreamRequest, sign: SignRequest): Promise<UpstreamRequest | Failure> {
  const { body, headers, method, origin, path } = request;
  const bytes = Buffer.isBuffer(body) ? body : undefined;
  try {
    const added = await sign({ method, url: origin + path, headers, body: bytes });
    return { ...request, headers: [...headers, ...added] };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return failureOf('credential_refused', error.message);
  }
}

function refused(failure: Failure): AttemptOutcome {
  return { failure, isCommitted: false, status: 0, usage: undefined, responseModel: undefined };
}

/** Operations whose refusals speak of the key itself; others may lie outside what a key is allowed to do. */
const coreOperations: ReadonlySet<Operation> = new Set(['chat', 'completions', 'responses']);

/** Whether a failure says something of the target, and not only of what this caller wanted of it. */
function concernsTarget(operation: Operation, { kind, status }: Failure): boolean {
  if (operation === 'proxy') return status === 0;
  const isRefusal = kind === 'credential_refused' || kind === 'quota_exhausted';
  return !isRefusal || coreOperations.has(operation);
}

/** `leftMs`: what is left of the time that the exchange has in all. */
function limitsOf(exchange: Exchange, step: PlanStep, leftMs: number): AttemptLimits {
  const { timeouts } = step.routeTarget.target;
  const { stream } = exchange.facts;
  const ownTotal = stream ? timeouts.streamTotalMs : timeouts.unaryTotalMs;
  const totalMs = Math.max(1, Math.min(ownTotal, leftMs));
  // Giving up on a slow target pays only while another may answer; the last one gets the time there is.
  const patient = Math.max(timeouts.idleMs, stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs);
  const strictHeaders = stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs;
  const lastHeaders = stream ? patient : totalMs;
  return {
    headersMs: step.hasAlternative ? strictHeaders : lastHeaders,
    firstTokenMs: stream ? (step.hasAlternative ? timeouts.firstTokenMs : patient) : undefined,
    idleMs: timeouts.idleMs,
    totalMs,
    isTotalOfExchange: leftMs <= ownTotal,
  };
}
