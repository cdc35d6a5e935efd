import type { Failure, FailureKind, FailureTraits } from '../resilience/failure.ts';
import type { Pickers } from './pickers.ts';
import type { Resolution, RouteTarget, Target } from './target.ts';
import { hasModel, upstreamModelOf } from './upstream-model.ts';

/** How often one exchange may try, and how long it waits before it tries the same target again. */
export interface RetrySettings {
  /** Attempts in all, the first included, over all targets. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly backoffMultiplier: number;
}

/** What a plan asks of the health of targets. */
export interface PlanHealth {
  /** May it get ordinary traffic now: not out, not cooling down, not out of quota. */
  isUsable(target: Target): boolean;
  /**
   * Of targets none of which is usable, the one most likely to answer anyway; undefined when each is out for a reason
   * that another try cannot change (credentials, quota).
   */
  leastBad?(targets: readonly Target[]): Target | undefined;
}

/** Whether a target offers an operation for a model: whether it has a path for it. */
export type Offers = (target: Target, upstreamModel: string | undefined) => boolean;

export interface PlanInput {
  readonly resolution: Resolution;
  readonly retry: RetrySettings;
  readonly strategies: Pickers;
  readonly health: PlanHealth;
  /** Uniform in [0, 1); spreads the waits. */
  readonly random: () => number;
  readonly failureTraits: Readonly<Record<FailureKind, FailureTraits>>;
  /** Whether a target offers the operation asked for; left out when every target does. */
  readonly offers?: Offers | undefined;
}

/** One attempt to make. */
export interface PlanStep {
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
}

/** The order in which the targets of a route are tried for one request, decided step by step from how the last one failed. */
export interface Plan {
  /**
   * The next attempt, or undefined when nothing is left that is worth trying: the last failure is the answer then, or
   * `noTargetError` when there was none.
   *
   * @param lastFailure how the attempt of the step before failed; undefined for the first step
   * @param nowMs monotonic time
   * @param deadlineMs monotonic time by which the whole exchange must be over; a wait beyond it is not offered
   */
  next(lastFailure: Failure | undefined, nowMs: number, deadlineMs: number): PlanStep | undefined;
}

/** Longest wait that an upstream may impose; who asks for more is not worth holding a caller for. */
const maxAskedWaitMs = 30_000;

/** A target that was tried, and what came of it. */
interface Tried {
  readonly tier: number;
  readonly index: number;
  count: number;
  /** Its last failure allows another try. */
  retryable: boolean;
  /** When it asked to be left alone until, monotonic milliseconds. */
  notBeforeMs: number;
}

/** Starts the plan of one request. */
export function createPlan(input: PlanInput): Plan {
  return new RoutePlan(input);
}

/** A class for its state only; a plan is made for every request, and closures over as much would cost more. */
class RoutePlan implements Plan {
  readonly #input: PlanInput;
  readonly #tried: Tried[] = [];
  #attempts = 0;
  #delays = 0;
  #current: Tried | undefined;
  #isLastResort = false;

  constructor(input: PlanInput) {
    this.#input = input;
  }

  next(lastFailure: Failure | undefined, nowMs: number, deadlineMs: number): PlanStep | undefined {
    if (lastFailure === undefined || this.#current === undefined) return this.#stepToTierFrom(0) ?? this.#lastResort();
    return this.#afterFailure(lastFailure, this.#current, nowMs, deadlineMs);
  }

  #afterFailure(failure: Failure, current: Tried, nowMs: number, deadlineMs: number): PlanStep | undefined {
    const { retryHere, tryElsewhere } = this.#input.failureTraits[failure.kind];
    const askedMs = Math.max(0, failure.retryAfterMs ?? 0);
    current.retryable = retryHere;
    current.notBeforeMs = nowMs + askedMs;
    if (failure.kind === 'target_busy' || failure.kind === 'inexpressible') {
      // The gateway itself refused it: nothing was sent, so nothing is used up, and it would refuse again.
      this.#attempts--;
      current.retryable = false;
    }
    const attemptsLeft = this.#input.retry.maxAttempts - this.#attempts;
    if (attemptsLeft <= 0 || this.#isLastResort) return undefined;
    const mayMove = tryElsewhere && this.#input.resolution.route.staysWithFirst !== true;
    if (!mayMove) return retryHere ? this.#retry(current, nowMs, deadlineMs) : undefined;

    const other = this.#pickIn(current.tier);
    if (other !== -1) return this.#step(current.tier, other, 0);
    const isAlone = !this.#tried.some((tried) => tried.tier === current.tier && tried !== current);
    const hasLaterTier = this.#hasCandidateFrom(current.tier + 1);
    if (hasLaterTier) {
      // One attempt is kept for the next tier, and nobody waits for a target while another may answer at once.
      const mayStay = isAlone && attemptsLeft > 1 && askedMs === 0 && this.#mayRetry(current);
      const again = mayStay ? this.#retry(current, nowMs, deadlineMs) : undefined;
      return again ?? this.#stepToTierFrom(current.tier + 1);
    }
    const again = this.#readiestTried(nowMs);
    return again === undefined ? undefined : this.#retry(again, nowMs, deadlineMs);
  }

  #stepToTierFrom(first: number): PlanStep | undefined {
    const { tiers } = this.#input.resolution.route;
    for (let tier = first; tier < tiers.length; tier++) {
      const index = this.#pickIn(tier);
      if (index !== -1) return this.#step(tier, index, 0);
    }
    return undefined;
  }

  /** Index of the target that the strategy picks of a tier's untried ones, -1 when there is none. */
  #pickIn(tier: number): number {
    const { route } = this.#input.resolution;
    const members = route.tiers[tier]!;
    if (members.length === 1) return this.#isCandidate(tier, 0) ? 0 : -1;
    const picker = this.#input.strategies.of(route, tier);
    let candidates = 0;
    for (let index = 0; index < members.length; index++) {
      const flag = this.#isCandidate(tier, index) ? 1 : 0;
      picker.eligible[index] = flag;
      candidates += flag;
    }
    return candidates === 0 ? -1 : picker.pick();
  }

  #isCandidate(tier: number, index: number): boolean {
    if (this.#find(tier, index) !== undefined) return false;
    const member = this.#input.resolution.route.tiers[tier]![index]!;
    return this.#canServe(member) && this.#input.health.isUsable(member.target);
  }

  #canServe(member: RouteTarget): boolean {
    const { resolution, offers } = this.#input;
    if (!hasModel(member, resolution)) return false;
    return offers === undefined || offers(member.target, upstreamModelOf(member, resolution));
  }

  #hasCandidateFrom(first: number): boolean {
    const { tiers } = this.#input.resolution.route;
    for (let tier = first; tier < tiers.length; tier++) {
      const members = tiers[tier]!;
      for (let index = 0; index < members.length; index++) if (this.#isCandidate(tier, index)) return true;
    }
    return false;
  }

  #mayRetry(tried: Tried): boolean {
    const { target } = this.#input.resolution.route.tiers[tried.tier]![tried.index]!;
    return tried.retryable && tried.count < target.maxAttempts && this.#input.health.isUsable(target);
  }

  /** Of the targets tried, the one that may be tried again soonest; among equals the one tried least. */
  #readiestTried(nowMs: number): Tried | undefined {
    let best: Tried | undefined;
    let bestWaitMs = 0;
    for (const tried of this.#tried) {
      if (!this.#mayRetry(tried)) continue;
      const waitMs = Math.max(0, tried.notBeforeMs - nowMs);
      if (best === undefined || waitMs < bestWaitMs || (waitMs === bestWaitMs && tried.count < best.count)) {
        best = tried;
        bestWaitMs = waitMs;
      }
    }
    return best;
  }

  /** The same target again after a wait; undefined when it may not be, or the wait would be too long. */
  #retry(tried: Tried, nowMs: number, deadlineMs: number): PlanStep | undefined {
    if (!this.#mayRetry(tried)) return undefined;
    const askedMs = Math.max(0, tried.notBeforeMs - nowMs);
    const delayMs = Math.max(askedMs, backoffMs(this.#input.retry, this.#delays, this.#input.random));
    if (askedMs > maxAskedWaitMs || nowMs + delayMs >= deadlineMs) return undefined;
    this.#delays++;
    return this.#step(tried.tier, tried.index, delayMs);
  }

  /** Every target is out: the least bad one gets one try, because a guess about health may be wrong. */
  #lastResort(): PlanStep | undefined {
    const { route } = this.#input.resolution;
    const members = route.tiers.flat().filter((member) => this.#canServe(member));
    if (members.length === 0) return undefined;
    const target = this.#input.health.leastBad?.(members.map((member) => member.target));
    if (target === undefined) return undefined;
    for (const [tier, tierMembers] of route.tiers.entries()) {
      const index = tierMembers.findIndex((member) => member.target === target && this.#canServe(member));
      if (index === -1) continue;
      this.#isLastResort = true;
      return this.#step(tier, index, 0);
    }
    return undefined;
  }

  #step(tier: number, index: number, delayMs: number): PlanStep {
    const { resolution, retry } = this.#input;
    const routeTarget = resolution.route.tiers[tier]![index]!;
    let tried = this.#find(tier, index);
    if (tried === undefined) {
      tried = { tier, index, count: 0, retryable: false, notBeforeMs: 0 };
      this.#tried.push(tried);
    }
    tried.count++;
    this.#current = tried;
    this.#attempts++;
    const attemptsLeft = this.#isLastResort ? 0 : retry.maxAttempts - this.#attempts;
    return {
      routeTarget,
      upstreamModel: upstreamModelOf(routeTarget, resolution),
      delayMs,
      attemptsLeft,
      hasAlternative: attemptsLeft > 0 && resolution.route.staysWithFirst !== true && this.#hasCandidateFrom(tier),
      isLastResort: this.#isLastResort,
    };
  }

  #find(tier: number, index: number): Tried | undefined {
    for (const tried of this.#tried) if (tried.tier === tier && tried.index === index) return tried;
    return undefined;
  }
}

/**
 * Milliseconds before the same target is tried again: exponential, by chance between half and the whole of the step.
 * The lower half is left out so that every wait is longer than the one before (at the usual multiplier of 2), which
 * waits between zero and the whole would break one time in four.
 */
export function backoffMs(retry: RetrySettings, delaysBefore: number, random: () => number): number {
  const wholeMs = Math.min(retry.maxDelayMs, retry.initialDelayMs * retry.backoffMultiplier ** delaysBefore);
  return wholeMs * (0.5 + random() / 2);
}
