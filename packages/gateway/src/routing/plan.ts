import type { Backoff } from '../resilience/backoff.ts';
import type { Failure, FailureKind, FailureTraits } from '../resilience/failure.ts';
import type { RetryBudget } from '../resilience/retry-budget.ts';
import type { PickFacts } from './pick-facts.ts';
import type { Pickers } from './pickers.ts';
import { PlanWalk } from './plan-walk.ts';
import type { Resolution, RouteTarget, Target } from './target.ts';

/**
 * Whether a target has not failed since it last answered: then it may get requests of others that failed although the
 * budget is spent. So nobody is refused while somebody may answer; where everybody fails, the budget holds.
 */
export type IsTrusted = (target: Target, upstreamModel: string | undefined) => boolean;

/** How often one exchange may try, and how long it waits before it tries the same target again. */
export interface RetrySettings {
  /** Attempts in all, the first included, over all targets and models. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly backoffMultiplier: number;
  /** Longest wait that an upstream may impose; left out: half a minute. Who asks for more is not waited for. */
  readonly maxAskedWaitMs?: number | undefined;
}

/** What a plan asks of the health of targets. A model is the name sent upstream, undefined when none is. */
export interface PlanHealth {
  /** May it get ordinary traffic for this model now: not out, not cooling down, not out of quota. */
  isUsable(target: Target, upstreamModel: string | undefined): boolean;
  /**
   * Of targets none of which is usable, the one most likely to answer anyway; undefined when each is out for a reason
   * that another try cannot change (credentials, quota).
   */
  leastBad?(targets: readonly Target[], upstreamModelOf: (target: Target) => string | undefined): Target | undefined;
  /**
   * Milliseconds until a target that is not usable may be again. With it, a target that is out only because it asked to
   * be left alone is waited for when nobody else is left; left out, whoever is out is not waited for.
   */
  waitMs?(target: Target, upstreamModel: string | undefined): number;
  /**
   * The share of its usual traffic that a target which has just come back may get for this model, from 0 to 1; what is
   * held back goes there all the same when nobody else can take it. Left out: all of it, always.
   */
  rampShare?(target: Target, upstreamModel: string | undefined): number;
}

/** Whether a target offers an operation for a model: whether it has a path for it. */
export type Offers = (target: Target, upstreamModel: string | undefined) => boolean;

/**
 * What is to be asked when the model asked for cannot answer, in order. Given the failure where its kind has models of
 * its own to follow it (`anotherModel` is `first`: the context is too long, the content was refused); undefined stands
 * for every other failure, and for a route without a usable target.
 */
export type Fallbacks = (failure: Failure | undefined) => readonly Resolution[];

export interface PlanInput {
  readonly resolution: Resolution;
  readonly retry: RetrySettings;
  /** How waits grow; left out: each is the first delay. */
  readonly backoff?: Backoff | undefined;
  readonly strategies: Pickers;
  readonly health: PlanHealth;
  /** Uniform in [0, 1); spreads what comes back slowly. */
  readonly random: () => number;
  readonly failureTraits: Readonly<Record<FailureKind, FailureTraits>>;
  /** Whether a target offers the operation asked for; left out when every target does. */
  readonly offers?: Offers | undefined;
  /** What the strategies may know of the request; asked for once at most, when there is something to choose. */
  readonly facts?: PickFacts | (() => PickFacts) | undefined;
  /** What the route may still try beyond the first attempts of its requests; left out: as much as `retry` allows. */
  readonly budget?: RetryBudget | undefined;
  /** Left out: the budget holds for all. */
  readonly isTrusted?: IsTrusted | undefined;
  /** Left out: no other model is ever asked. */
  readonly fallbacks?: Fallbacks | undefined;
}

/** One attempt to make. */
export interface PlanStep {
  /** Where the model asked for leads, or one that follows it. */
  readonly resolution: Resolution;
  readonly routeTarget: RouteTarget;
  /** Model name to send; undefined only when the operation needs none. */
  readonly upstreamModel: string | undefined;
  /** Milliseconds to wait before the attempt starts. */
  readonly delayMs: number;
  /** Attempts that may follow this one. */
  readonly attemptsLeft: number;
  /** A usable target remains that was not tried yet, and may be: a slow answer is worth giving up for it. */
  readonly hasAlternative: boolean;
  /** Every target was out, and this is the least bad one: nothing else will be tried when it fails. */
  readonly isLastResort: boolean;
  /** Another model than the one asked for answers. */
  readonly isFallbackModel: boolean;
}

/**
 * The order in which targets are tried for one request, decided step by step from how the last one failed: those of the
 * model asked for, then those of the models that follow it. Every attempt of an exchange is one of its steps, and it
 * alone counts them.
 */
export interface Plan {
  /**
   * The next attempt, or undefined when nothing is left that is worth trying: the last failure is the answer then, or
   * `noTargetError` when there was none.
   *
   * @param lastFailure how the attempt of the step before failed; undefined for the first step
   * @param nowMs monotonic time
   * @param deadlineMs monotonic time by which the whole exchange must be over; a wait beyond it is not offered
   * @param failedStep the step that failed, where `alternative` gave another one besides; left out: the last one given
   */
  next(
    lastFailure: Failure | undefined,
    nowMs: number,
    deadlineMs: number,
    failedStep?: PlanStep,
  ): PlanStep | undefined;
  /**
   * An attempt to make beside the one that is running, at a usable target of the same model that was not tried yet;
   * undefined when there is none, or none may be made.
   */
  alternative(nowMs: number): PlanStep | undefined;
  /**
   * The same target once more, at once, to be asked in another way than the one that it refused; undefined when no
   * further attempt may be made, there or in all.
   */
  repeat(nowMs: number, failedStep?: PlanStep): PlanStep | undefined;
  /** Takes note of a step that failed while another one goes on. */
  note(failure: Failure, nowMs: number, failedStep: PlanStep): void;
}

/** Starts the plan of one request. */
export function createPlan(input: PlanInput): Plan {
  return new PlanWalk(input);
}
