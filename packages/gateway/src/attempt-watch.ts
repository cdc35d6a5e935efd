import { hadItsShare } from './attempt-limits.ts';
import type { Operation } from './canonical/operation.ts';
import type { Exchange } from './exchange.ts';
import { failureOf } from './relay/attempt.ts';
import { type AttemptOutcome, refused } from './relay/attempt-outcome.ts';
import type { AdaptiveLimits } from './resilience/adaptive-limits.ts';
import type { Failure } from './resilience/failure.ts';
import { failureTraits } from './resilience/failure-table.ts';
import type { HealthRegistry } from './resilience/health.ts';
import type { OutlierEjection } from './resilience/outlier-ejection.ts';
import { type RateLimitHeaders, readRateLimits } from './resilience/read-rate-limits.ts';
import { roughInputTokens, USUAL_OUTPUT } from './rough-tokens.ts';
import type { PlanStep } from './routing/plan.ts';
import type { Asked, TargetObservation, TargetObservations } from './routing/target-observations.ts';

/** Everybody who learns from how attempts end. */
export interface WatchParts {
  readonly health: HealthRegistry;
  readonly observations: TargetObservations;
  /** Undefined: nobody is taken out for being worse than the others. */
  readonly ejection: OutlierEjection | undefined;
  /** Undefined: how many requests a target may hold is not learned. */
  readonly adaptiveLimits: AdaptiveLimits | undefined;
}

/** One attempt as those see it who learn from it. */
export class AttemptWatch {
  readonly #parts: WatchParts;
  readonly #exchange: Exchange;
  readonly #step: PlanStep;
  readonly #observation: TargetObservation;
  /** When the target was asked; what health was told before then is not this attempt's doing. */
  readonly #askedAt: number;
  #firstTokenMs: number | undefined;
  #isOver = false;

  /** The target is about to be asked; see `mayAsk`. */
  constructor(parts: WatchParts, exchange: Exchange, step: PlanStep) {
    this.#parts = parts;
    this.#exchange = exchange;
    this.#step = step;
    const { routeTarget, upstreamModel } = step;
    this.#askedAt = exchange.clock.now();
    this.#observation = parts.observations.of(routeTarget.target, upstreamModel);
    this.#observation.began(askedOf(exchange), this.#askedAt);
    parts.adaptiveLimits?.noteStart(routeTarget.target.id);
  }

  /** Milliseconds. */
  msSinceAsked(): number {
    return this.#exchange.clock.now() - this.#askedAt;
  }

  /** Takes what an answer says of rate limits; undefined where no strategy asks for it. */
  get onRateLimits(): ((headers: RateLimitHeaders) => void) | undefined {
    if (this.#step.resolution.route.strategy !== 'quota_aware') return undefined;
    return (headers) => {
      const { clock } = this.#exchange;
      const reading = readRateLimits(headers, clock.wallNow());
      if (reading) this.#observation.rateLimits(reading, clock.now());
    };
  }

  /** The answer began. */
  noteFirstToken(): void {
    if (this.#firstTokenMs !== undefined) return;
    const now = this.#exchange.clock.now();
    const ms = now - this.#askedAt;
    const { id, options } = this.#step.resolution.route;
    if (options.hedging) this.#parts.observations.routeLatency(id).observe(ms);
    this.#firstTokenMs = ms;
    if (this.#exchange.facts.stream) this.#observation.firstToken(ms, now);
  }

  /** The attempt is over, at the end of its answer. `deadline`: when the exchange had to be. */
  end({ failure, status }: AttemptOutcome, deadline: number): void {
    this.#isOver = true;
    const exchange = this.#exchange;
    const { id } = this.#step.routeTarget.target;
    const now = exchange.clock.now();
    const saysNothing =
      failure !== undefined &&
      (!concernsTarget(exchange.operation, failure) ||
        (failure.kind === 'total_timeout' && this.#wasRushed(status !== 0, now, deadline)));
    this.#tellHealth(failure, saysNothing);
    if (!saysNothing) {
      const hasFailed = failure !== undefined && failureTraits[failure.kind].countsAgainstHealth;
      this.#parts.ejection?.note(this.#step.resolution.route.id, id, hasFailed);
    }
    this.#observation.ended(
      {
        stream: exchange.facts.stream,
        hadFirstToken: this.#firstTokenMs !== undefined,
        outcome: failure === undefined ? 'answered' : isAbandoned(failure, saysNothing) ? 'abandoned' : 'failed',
        ms: now - this.#askedAt,
      },
      now,
    );
    this.#parts.adaptiveLimits?.noteEnd(id, {
      outcome: failure === undefined ? 'ok' : pushBacks.has(failure.kind) ? 'pushed_back' : 'ignored',
      startedAt: this.#askedAt,
      latencyMs: this.#firstTokenMs,
    });
  }

  /** Where it did not end by itself the gateway failed: nobody waits for it, and nothing is known of the target. */
  close(): void {
    if (!this.#isOver) this.end(refused(failureOf('unknown', 'the gateway failed')), 0);
  }

  /**
   * Too little was left of the exchange's time for the target to be judged by it. Where that is so of one after the other,
   * as behind a queue that nobody leaves any more, the silence of a target that has answered nothing since it failed adds up.
   */
  #wasRushed(hasHead: boolean, now: number, deadline: number): boolean {
    const exchange = this.#exchange;
    const observation = this.#observation;
    const wholeMs = deadline - exchange.startedAt;
    const hasFirstToken = this.#firstTokenMs !== undefined;
    const hadShare = (ms: number) => hadItsShare(exchange, this.#step, { ms, wholeMs, hasHead, hasFirstToken });
    const ms = now - this.#askedAt;
    if (hadShare(ms)) return false;
    if (observation.isTrusted || (exchange.facts.stream ? hasFirstToken : hasHead)) return true;
    observation.silentMs += ms;
    return !hadShare(observation.silentMs);
  }

  #tellHealth(failure: Failure | undefined, saysNothing: boolean): void {
    const { health } = this.#parts;
    const { routeTarget, upstreamModel: model } = this.#step;
    const { healthId } = routeTarget.target;
    if (!failure) health.reportSuccess(healthId, this.#askedAt, model);
    else if (saysNothing) health.abandonTrial(healthId, this.#askedAt, model);
    else health.reportFailure(healthId, failure.kind, this.#askedAt, { model, retryAfterMs: failure.retryAfterMs });
  }
}

/** What the caller is to blame for says nothing of how its target does. */
function isAbandoned({ kind }: Failure, saysNothing: boolean): boolean {
  return saysNothing || failureTraits[kind].isCallersOwn;
}

/**
 * Whether a target may be asked now. One that is out gets one request at a time, which this claims; the least bad of all
 * is asked in any case.
 */
export function mayAsk({ health }: WatchParts, { isLastResort, routeTarget, upstreamModel }: PlanStep): boolean {
  const { healthId } = routeTarget.target;
  if (health.isUsable(healthId, upstreamModel) || health.beginTrial(healthId, upstreamModel)) return true;
  if (isLastResort) health.forceTrial(healthId, upstreamModel);
  return isLastResort;
}

/** Kinds by which a target says that it has too much to do. */
const pushBacks: ReadonlySet<Failure['kind']> = new Set([
  'rate_limited',
  'overloaded',
  'headers_timeout',
  'first_token_timeout',
]);

/** The rough size of a request: strategies compare targets by it until the answer's head tells what is left. */
function askedOf(exchange: Exchange): Asked {
  return { stream: exchange.facts.stream, inputTokens: roughInputTokens(exchange), outputTokens: USUAL_OUTPUT };
}

/** Operations whose refusals speak of the key itself; others may lie outside what a key is allowed to do. */
const coreOperations: ReadonlySet<Operation> = new Set(['chat', 'completions', 'responses']);

/** Whether a failure says something of the target, and not only of what this caller wanted of it. */
function concernsTarget(operation: Operation, { kind, status }: Failure): boolean {
  if (kind === 'cancelled') return false;
  if (operation === 'proxy') return status === 0;
  const isRefusal = kind === 'credential_refused' || kind === 'quota_exhausted';
  return !isRefusal || coreOperations.has(operation);
}
