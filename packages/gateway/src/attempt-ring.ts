import type { AdaptiveBulkheads } from './adaptive-bulkheads.ts';
import { answeredBy } from './answered-by.ts';
import { AskedTarget } from './asked-target.ts';
import type { AttemptLane, AttemptManner, TimedStep } from './attempt-lane.ts';
import { attemptLimits } from './attempt-limits.ts';
import { type AskedModel, useOfAttempt } from './attempt-use.ts';
import { AttemptWatch, mayAsk, type WatchParts } from './attempt-watch.ts';
import type { Exchange } from './exchange.ts';
import { type OperationHost, runOperation } from './operation-run.ts';
import { prepareAsk } from './prepare-ask.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { Attempt, failureOf, type ReplyBody } from './relay/attempt.ts';
import { type AttemptOutcome, refused } from './relay/attempt-outcome.ts';
import type { HeadRules } from './relay/reply-headers.ts';
import type { ReplyHost, ReplySink } from './relay/reply-sink.ts';
import { createReplyBody } from './reply-body.ts';
import { addReplyTrail, attemptTrail } from './reply-trail.ts';
import type { Failure } from './resilience/failure.ts';
import type { PlanStep } from './routing/plan.ts';
import type { Target } from './routing/target.ts';
import type { TargetLoad } from './routing/target-load.ts';
import type { SentStream } from './sent-stream.ts';
import { signed } from './signed-request.ts';
import type { LimitVerdict, ReservingLimitStore } from './stores/limit-store.ts';
import type { Slot, SlotRefusal, SlotStore } from './stores/slot-store.ts';
import { atDeadline, limitSpent, placeRefused, TargetLimits } from './target-limits.ts';
import { tierOfAttempt } from './tier-of-attempt.ts';
import type { StoredResponses } from './translation/stored-responses.ts';
import type { MediaFetcher } from './transport/media-fetcher.ts';
import type { Transport, UpstreamRequest } from './transport/upstream-call.ts';
import { type UpstreamAsk, upstreamRequest } from './upstream-request.ts';

export interface AttemptRingParts {
  readonly transport: Transport;
  /** Fetches pictures and documents for upstreams that take no addresses. */
  readonly media: MediaFetcher;
  readonly storedResponses: StoredResponses;
  /** What is known of models. */
  readonly models: Pick<ModelCatalogue, 'find' | 'maxOutputTokens'>;
  readonly watch: WatchParts;
  readonly load: TargetLoad;
  readonly slots: SlotStore;
  /** Undefined: how many requests a target may hold is as configured. */
  readonly adaptive: AdaptiveBulkheads | undefined;
  readonly limits: ReservingLimitStore;
  readonly headRules: HeadRules;
  readonly securityHeaders: (exchange: Exchange) => readonly string[];
  /** Sixteen letters and digits, another each time. */
  readonly newId: () => string;
}

/** One attempt with everything around it: target limits → bulkhead → health → relay → records. */
export type AttemptRing = (
  exchange: Exchange,
  step: PlanStep,
  deadline: number,
  manner?: AttemptManner,
) => Promise<AttemptOutcome>;

export function createAttemptRing(parts: AttemptRingParts): AttemptRing {
  return (exchange, step, deadline, manner) => {
    const ringed = new RingedAttempt(parts, { exchange, step, deadline }, manner);
    const entered = ringed.enter();
    return entered instanceof Promise ? entered.then((slot) => ringed.runLate(slot)) : ringed.run(entered);
  };
}

const cancelledBefore = failureOf('cancelled', 'cancelled before the target was asked');
const busyTrial = failureOf('target_busy', 'another request is trying whether the target is back');
const outOfTime = failureOf('total_timeout', 'no time was left to ask the target');
const freeSlot: Slot = { release: () => {} };

/** The attempt of one step. A class for its state only: closures over as much would cost more. */
class RingedAttempt implements ReplyHost {
  readonly #parts: AttemptRingParts;
  readonly #exchange: Exchange;
  readonly #step: PlanStep;
  readonly #deadline: number;
  readonly #target: Target;
  readonly #lane: AttemptLane;
  readonly #manner: AttemptManner | undefined;
  readonly #startedAt: number;
  #ask: UpstreamAsk | undefined;
  #sent: SentStream | undefined;
  #watch: AttemptWatch | undefined;
  #limits: TargetLimits | undefined;
  #isSent = false;

  constructor(parts: AttemptRingParts, { deadline, exchange, step }: TimedStep, manner: AttemptManner | undefined) {
    this.#parts = parts;
    this.#exchange = exchange;
    this.#step = step;
    this.#deadline = deadline;
    this.#target = step.routeTarget.target;
    this.#lane = manner?.lane ?? exchange;
    this.#manner = manner;
    this.#startedAt = exchange.clock.now();
  }

  /** Outgoing limits, then a slot. A target that is busy is a reason to try another at once. */
  enter(): Slot | Failure | Promise<Slot | Failure> {
    const exchange = this.#exchange;
    const { bulkhead, limits, tokenLimit } = this.#target;
    const asked = exchange.ahead?.askedFor(this.#step);
    if (asked !== undefined) return this.#takeAsked(asked);
    if (tokenLimit === undefined && limits.length === 0) return this.#takeSlot();
    // Where others count both, they are asked at the same time.
    if (bulkhead?.isShared) return this.#takeAsked(new AskedTarget(this.#parts, exchange, this.#target));
    this.#limits = TargetLimits.of(exchange, this.#target);
    const verdict = this.#limits?.reserve(this.#parts.limits, exchange, this.#target);
    if (verdict === undefined) return this.#takeSlot();
    return verdict instanceof Promise ? verdict.then((late) => this.#afterLimits(late)) : this.#afterLimits(verdict);
  }

  /** After a wait: who has no time left gives up its place, for which the target would be blamed. */
  runLate(slot: Slot | Failure): Promise<AttemptOutcome> {
    if ('kind' in slot || this.#exchange.clock.now() < this.#deadline) return this.run(slot);
    slot.release();
    return this.run(placeRefused(this.#target, 'timeout', this.#lane));
  }

  async run(slot: Slot | Failure): Promise<AttemptOutcome> {
    // Who left while waiting for the target was never tried there.
    if ('kind' in slot) return this.#refuse(slot);
    const exchange = this.#exchange;
    const { load, media, models, storedResponses } = this.#parts;
    const lane = this.#lane;
    const deadline = this.#deadline;
    const { id } = this.#target;
    load.enter(id);
    try {
      if (lane.cancelReason) return refused(cancelledBefore);
      const prepared = prepareAsk({ exchange, step: this.#step, lane, deadline, media, models, storedResponses });
      const ask = prepared instanceof Promise ? await prepared : prepared;
      // Who left while something was fetched for it needs no answer.
      if (lane.cancelReason) return refused(cancelledBefore);
      if ('kind' in ask) return this.#record(refused(exchange.clock.now() < deadline ? ask : outOfTime));
      this.#ask = ask;
      // Somebody else is just finding out whether the target is back.
      if (!mayAsk(this.#parts.watch, this.#step)) return this.#record(refused(busyTrial));
      this.#watch = new AttemptWatch(this.#parts.watch, exchange, this.#step);
      const outcome = ask.operation
        ? await runOperation(ask.operation, this.#operationHost(ask))
        : await this.#relay(ask);
      lane.whileCancellable(undefined);
      this.#watch.end(outcome, deadline);
      return this.#record(outcome);
    } finally {
      load.leave(id);
      slot.release();
      if (!this.#isSent) this.#limits?.release();
      this.#watch?.close();
    }
  }

  #refuse(failure: Failure): AttemptOutcome {
    this.#limits?.release();
    return failure.kind === 'cancelled' ? refused(failure) : this.#record(refused(failure));
  }

  #replyBody({ translation, isResumed = false }: UpstreamAsk): ReplyBody {
    const exchange = this.#exchange;
    this.#sent = exchange.recovery?.keeper();
    const { newId } = this.#parts;
    return createReplyBody({ exchange, host: this, translation, newId, sent: this.#sent, isResumed });
  }

  #relay(ask: UpstreamAsk): Promise<AttemptOutcome> {
    return this.#call(upstreamRequest(this.#exchange, this.#step, ask), this.#replyBody(ask));
  }

  #operationHost(ask: UpstreamAsk): OperationHost {
    const relay = () => this.#relay(ask);
    const call: OperationHost['call'] = (request, body) => this.#call(request, body);
    return { exchange: this.#exchange, target: this.#target, lane: this.#lane, reply: this, relay, call };
  }

  /** One call of the target. Without a signature to wait for, no promise is made but the attempt's own. */
  #call(request: UpstreamRequest, body: ReplyBody): Promise<AttemptOutcome> {
    return this.#target.sign === undefined ? this.#send(request, body) : this.#signAndSend(request, body);
  }

  async #signAndSend(unsigned: UpstreamRequest, body: ReplyBody): Promise<AttemptOutcome> {
    const wait = { clock: this.#exchange.clock, deadline: this.#deadline, lane: this.#lane };
    const request = await signed(unsigned, this.#target.sign!, wait);
    if ('kind' in request) return refused(request);
    // Who left meanwhile is not asked for.
    return this.#lane.cancelReason ? refused(cancelledBefore) : this.#send(request, body);
  }

  #send(request: UpstreamRequest, body: ReplyBody): Promise<AttemptOutcome> {
    const { clock } = this.#exchange;
    const { headRules, transport } = this.#parts;
    const startedAt = clock.now();
    if (startedAt >= this.#deadline) return Promise.resolve(refused(outOfTime));
    this.#isSent = true;
    const limits = attemptLimits(this.#exchange, this.#step, this.#deadline - startedAt);
    const { onRateLimits } = this.#watch!;
    const attempt = new Attempt({ transport, clock, startedAt, request, limits, body, headRules, onRateLimits });
    this.#lane.whileCancellable((reason) => attempt.cancel(reason));
    return attempt.run();
  }

  /** The answer begins: from here on it is this target's. */
  begin(headers: string[]): void {
    const exchange = this.#exchange;
    const now = exchange.clock.now();
    this.#watch?.noteFirstToken();
    this.#manner?.onBegin();
    exchange.recovery?.adopt(this.#sent);
    exchange.firstByteAt = now;
    exchange.waitedMs += now - (this.#manner?.waitingSince ?? this.#startedAt);
    exchange.dropped = this.#ask!.dropped;
    this.#nameTarget();
    const security = this.#parts.securityHeaders(exchange);
    for (let index = 0; index < security.length; index++) headers.push(security[index]!);
    addReplyTrail(exchange, headers);
  }

  resume(): void {
    this.#watch?.noteFirstToken();
    this.#nameTarget();
    this.#exchange.recovered = this.#exchange.recovery!.mode;
  }

  beforeEnd(sink: ReplySink): void {
    const exchange = this.#exchange;
    if (exchange.recovered !== undefined) sink.trailer?.('x-gateway-attempts', attemptTrail(exchange));
  }

  #nameTarget(): void {
    const exchange = this.#exchange;
    exchange.provider = this.#target.provider;
    exchange.targetId = this.#target.id;
    exchange.targetModel = this.#step.upstreamModel;
  }

  #afterLimits(verdict: LimitVerdict): Slot | Failure | Promise<Slot | Failure> {
    return verdict.allowed ? this.#takeSlot() : limitSpent(this.#exchange, this.#target, verdict);
  }

  async #takeAsked(asked: AskedTarget): Promise<Slot | Failure> {
    this.#limits = asked.limits;
    return (await asked.take(this.#lane, this.#deadline)) ?? this.#takeSlot();
  }

  #takeSlot(): Slot | Failure | Promise<Slot | Failure> {
    const { adaptive, slots } = this.#parts;
    if (adaptive) return this.#granted(adaptive.acquire(this.#target, this.#lane));
    const { bulkhead } = this.#target;
    return bulkhead ? this.#granted(slots.acquire(bulkhead, this.#lane)) : freeSlot;
  }

  #granted(slot: Slot | SlotRefusal | Promise<Slot | SlotRefusal>): Slot | Failure | Promise<Slot | Failure> {
    if (!(slot instanceof Promise)) return this.#afterWait(slot);
    const cancelTimer = atDeadline(this.#exchange.clock, this.#deadline, () => this.#lane.endWait());
    return slot.finally(cancelTimer).then((late) => this.#afterWait(late));
  }

  #afterWait(slot: Slot | SlotRefusal): Slot | Failure {
    return typeof slot === 'object' ? slot : placeRefused(this.#target, slot, this.#lane);
  }

  #asked(): AskedModel | undefined {
    const askedMs = this.#watch?.msSinceAsked();
    return askedMs === undefined ? undefined : { models: this.#parts.models, step: this.#step, askedMs };
  }

  /** Writes down how the attempt ended, for ledger and trail. */
  #record(outcome: AttemptOutcome): AttemptOutcome {
    const exchange = this.#exchange;
    const durationMs = exchange.clock.now() - this.#startedAt;
    // Of two attempts that race, the time counts once.
    if (exchange.firstByteAt === undefined && this.#manner === undefined) exchange.waitedMs += durationMs;
    exchange.upstreamProtocol = this.#ask?.endpoint?.protocol;
    if (outcome.isCommitted) {
      exchange.responseModel = outcome.responseModel;
      exchange.status = outcome.status;
    }
    const use = useOfAttempt(exchange, outcome, outcome.unreported && this.#asked());
    if (this.#isSent) this.#limits?.settle(use);
    const { furtherModels } = exchange.facts;
    exchange.attempts.push({
      targetId: this.#target.id,
      provider: this.#target.provider,
      upstreamModel: this.#step.upstreamModel,
      answeredBy: furtherModels && answeredBy({ furtherModels, step: this.#step, ask: this.#ask, outcome }),
      outcome: outcome.failure?.kind ?? 'ok',
      status: outcome.status,
      durationMs,
      usage: use.usage,
      isEstimated: use.isEstimated,
      isUseUnknown: use.isUseUnknown,
      serviceTier: tierOfAttempt({ exchange, target: this.#target, ask: this.#ask, outcome }),
      isOutrun: this.#manner?.isOutrun(),
    });
    return outcome;
  }
}
