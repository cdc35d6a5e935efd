import type { Failure } from '../resilience/failure.ts';
import type { PickFacts } from './pick-facts.ts';
import type { Plan, PlanInput, PlanStep } from './plan.ts';
import { canServe, factsForModel, findLeastBad, isHeldBack, isReady, isTrusted, noFacts } from './plan-candidates.ts';
import { PlanLegs } from './plan-legs.ts';
import { findTried, isAlone, isShortWait, promisedOf, readiestOf, readyInMs, type Tried } from './plan-tried.ts';
import type { Resolution } from './target.ts';
import { upstreamModelOf } from './upstream-model.ts';

/** Longest wait that an upstream may impose where nothing is configured. */
const usualMaxAskedWaitMs = 30_000;

/** A plan under way. A class for its state only; one is made for every request, and closures over as much would cost more. */
export class PlanWalk implements Plan {
  readonly #input: PlanInput;
  readonly #tried: Tried[] = [];
  /** Undefined where no other model may follow. */
  readonly #legs: PlanLegs | undefined;
  #attempts = 0;
  /** Attempts that need not be asked of the budget: every request's first, and one for each that cost nobody anything. */
  #granted = 1;
  #delays = 0;
  #lastDelayMs = 0;
  #lastLeg = 0;
  #current: Tried | undefined;
  #isLastResort = false;
  #facts: PickFacts | undefined;

  constructor(input: PlanInput) {
    this.#input = input;
    const { fallbacks, resolution } = input;
    this.#legs = fallbacks === undefined || this.#stays ? undefined : new PlanLegs(resolution, fallbacks);
  }

  next(
    lastFailure: Failure | undefined,
    nowMs: number,
    deadlineMs: number,
    failedStep?: PlanStep,
  ): PlanStep | undefined {
    const failed = (failedStep && this.#entryOf(failedStep)) ?? this.#current;
    if (lastFailure === undefined || failed === undefined) return this.#first(nowMs);
    this.#mark(failed, lastFailure, nowMs);
    return this.#afterFailure(lastFailure, failed, nowMs, deadlineMs);
  }

  alternative(nowMs: number): PlanStep | undefined {
    const current = this.#current;
    if (current === undefined || this.#isLastResort || this.#stays || this.#attemptsLeft <= 0) return undefined;
    const { tiers } = this.#resolutionOf(current.leg)!.route;
    for (let tier = current.tier; tier < tiers.length; tier++) {
      const index = this.#pickIn(current.leg, tier, true);
      if (index !== -1) return this.#step(current.leg, tier, index, 0, nowMs);
    }
    return undefined;
  }

  repeat(nowMs: number, failedStep?: PlanStep): PlanStep | undefined {
    const last = (failedStep && this.#entryOf(failedStep)) ?? this.#current;
    if (last === undefined || this.#isLastResort || this.#attemptsLeft <= 0) return undefined;
    if (last.count >= last.routeTarget.target.maxAttempts) return undefined;
    return this.#step(last.leg, last.tier, last.index, 0, nowMs);
  }

  note(failure: Failure, nowMs: number, failedStep: PlanStep): void {
    const failed = this.#entryOf(failedStep);
    if (failed !== undefined) this.#mark(failed, failure, nowMs);
  }

  /** One request stays with the target that it was given to. */
  get #stays(): boolean {
    return this.#input.resolution.route.staysWithFirst === true;
  }

  get #attemptsLeft(): number {
    return this.#input.retry.maxAttempts - this.#attempts;
  }

  #first(nowMs: number): PlanStep | undefined {
    this.#input.budget?.noteRequest(nowMs);
    const { resolution } = this.#input;
    const step = this.#stepIn(0, 0, nowMs);
    if (step !== undefined) return step;
    const members = resolution.route.tiers.flat();
    // A caller who named no model, or asks for what nobody there offers, is told so rather than given another model.
    const isOut = members.length === 0 || members.some((member) => canServe(this.#input, member, resolution));
    return (isOut ? this.#stepFrom(1, nowMs) : undefined) ?? this.#lastResort(isOut, nowMs);
  }

  #mark(failed: Tried, failure: Failure, nowMs: number): void {
    const { isUnsent, retryHere, spendsBudget, wait } = this.#input.failureTraits[failure.kind];
    const askedMs = wait === 'asked' ? Math.max(0, failure.retryAfterMs ?? 0) : 0;
    failed.retryable = retryHere;
    failed.notBeforeMs = nowMs + askedMs;
    if (!spendsBudget) this.#granted++;
    // Nothing was sent, so nothing is used up.
    if (isUnsent) this.#attempts--;
  }

  #afterFailure(failure: Failure, failed: Tried, nowMs: number, deadlineMs: number): PlanStep | undefined {
    const { anotherModel, retryHere, tryElsewhere } = this.#input.failureTraits[failure.kind];
    const attemptsLeft = this.#attemptsLeft;
    if (attemptsLeft <= 0 || this.#isLastResort || nowMs >= deadlineMs) return undefined;
    if (anotherModel === 'first') {
      const step = this.#branch(failure, nowMs);
      if (step !== undefined) return step;
    }
    const backoffMs = this.#backoffMs();
    const again = (tried: Tried | undefined) => tried && this.#retry(tried, backoffMs, nowMs, deadlineMs);
    if (!tryElsewhere || this.#stays) return retryHere ? again(failed) : undefined;

    const { leg, tier } = failed;
    const other = this.#pickIn(leg, tier, true);
    if (other !== -1) return this.#step(leg, tier, other, 0, nowMs);
    if (!this.#hasCandidateFrom(leg, tier + 1)) {
      // Whoever was passed over on the way here, coming back slowly, is better than whoever failed.
      const passedOver = this.#stepIn(leg, 0, nowMs);
      if (passedOver !== undefined) return passedOver;
      const waitMsOf = (tried: Tried) => readyInMs(tried, this.#input.health, nowMs);
      const promised = attemptsLeft === 1 ? promisedOf(this.#tried, waitMsOf, nowMs) : undefined;
      return (promised && again(promised)) ?? again(readiestOf(this.#tried, waitMsOf));
    }
    // One attempt is kept for the next tier, and nobody waits long for a target while another may answer at once.
    const mayStay =
      attemptsLeft > 1 &&
      failure.isMidAnswer !== true &&
      isAlone(this.#tried, failed) &&
      isShortWait(failed, backoffMs, nowMs);
    return (
      (mayStay ? again(failed) : undefined) ?? this.#stepIn(leg, tier + 1, nowMs) ?? this.#stepFrom(leg + 1, nowMs)
    );
  }

  /** On to the models that follow this kind of failure, if there are any: who was asked before is left for good. */
  #branch(failure: Failure, nowMs: number): PlanStep | undefined {
    const leg = this.#legs?.branch(failure, this.#lastLeg);
    const step = leg === undefined ? undefined : this.#stepFrom(leg, nowMs);
    if (step === undefined) return undefined;
    for (const tried of this.#tried) if (tried.leg < this.#lastLeg) tried.retryable = false;
    return step;
  }

  /** A step in the tiers of one leg, from the given one on. */
  #stepIn(leg: number, firstTier: number, nowMs: number): PlanStep | undefined {
    const resolution = this.#resolutionOf(leg);
    if (resolution === undefined) return undefined;
    const { tiers } = resolution.route;
    const passes = this.#input.health.rampShare === undefined ? 1 : 2;
    for (let pass = 1; pass <= passes; pass++) {
      // Whoever comes back slowly gets what nobody else can take.
      const heedsRamp = pass < passes;
      for (let tier = firstTier; tier < tiers.length; tier++) {
        const index = this.#pickIn(leg, tier, heedsRamp);
        if (index !== -1) return this.#step(leg, tier, index, 0, nowMs);
      }
    }
    return undefined;
  }

  #stepFrom(firstLeg: number, nowMs: number): PlanStep | undefined {
    for (let leg = firstLeg; this.#resolutionOf(leg) !== undefined; leg++) {
      const step = this.#stepIn(leg, 0, nowMs);
      if (step !== undefined) return step;
    }
    return undefined;
  }

  /** Index of the target that the strategy picks of a tier's untried ones, -1 when there is none. */
  #pickIn(leg: number, tier: number, heedsRamp: boolean): number {
    const resolution = this.#resolutionOf(leg)!;
    const members = resolution.route.tiers[tier]!;
    if (members.length === 1) return this.#isCandidate(resolution, leg, tier, 0, heedsRamp) ? 0 : -1;
    const picker = this.#input.strategies.of(resolution.route, tier);
    let candidates = 0;
    for (let index = 0; index < members.length; index++) {
      const flag = this.#isCandidate(resolution, leg, tier, index, heedsRamp) ? 1 : 0;
      picker.eligible[index] = flag;
      candidates += flag;
    }
    return candidates === 0 ? -1 : picker.pick(this.#factsFor(leg, resolution));
  }

  #isCandidate(resolution: Resolution, leg: number, tier: number, index: number, heedsRamp: boolean): boolean {
    if (this.#tried.length > 0 && findTried(this.#tried, leg, tier, index) !== undefined) return false;
    const member = resolution.route.tiers[tier]![index]!;
    return isReady(this.#input, member, resolution) && !(heedsRamp && isHeldBack(this.#input, member, resolution));
  }

  /** Whether somebody was not tried yet and may be, from a tier of a leg on. */
  #hasCandidateFrom(firstLeg: number, firstTier: number, needsTrust = false): boolean {
    let tier = firstTier;
    for (let leg = firstLeg; ; leg++) {
      const resolution = this.#resolutionOf(leg);
      if (resolution === undefined) return false;
      const { tiers } = resolution.route;
      for (; tier < tiers.length; tier++) {
        const members = tiers[tier]!;
        for (let index = 0; index < members.length; index++)
          if (
            this.#isCandidate(resolution, leg, tier, index, false) &&
            (!needsTrust || isTrusted(this.#input, members[index]!, resolution))
          )
            return true;
      }
      tier = 0;
    }
  }

  #resolutionOf(leg: number): Resolution | undefined {
    return leg === 0 ? this.#input.resolution : this.#legs?.at(leg);
  }

  #factsFor(leg: number, resolution: Resolution): PickFacts {
    const { facts = noFacts } = this.#input;
    this.#facts ??= typeof facts === 'function' ? facts() : facts;
    return leg === 0 ? this.#facts : factsForModel(this.#facts, resolution.requestedModel);
  }

  #backoffMs(): number {
    const { backoff, retry } = this.#input;
    return backoff === undefined ? retry.initialDelayMs : backoff(this.#delays, this.#lastDelayMs);
  }

  /** The same target again after a wait; undefined when it may not be, or the wait would be too long. */
  #retry(tried: Tried, backoffMs: number, nowMs: number, deadlineMs: number): PlanStep | undefined {
    const waitMs = readyInMs(tried, this.#input.health, nowMs);
    const delayMs = Math.max(waitMs, backoffMs);
    const maxWaitMs = this.#input.retry.maxAskedWaitMs ?? usualMaxAskedWaitMs;
    if (waitMs > maxWaitMs || nowMs + delayMs >= deadlineMs) return undefined;
    const step = this.#step(tried.leg, tried.tier, tried.index, delayMs, nowMs);
    if (step === undefined) return undefined;
    this.#delays++;
    this.#lastDelayMs = backoffMs;
    return step;
  }

  /** Every target is out: the least bad one gets one try, of the model asked for if any of it is worth one. */
  #lastResort(followsModels: boolean, nowMs: number): PlanStep | undefined {
    for (let leg = 0; leg === 0 || followsModels; leg++) {
      const resolution = this.#resolutionOf(leg);
      if (resolution === undefined) return undefined;
      const place = findLeastBad(this.#input, resolution);
      if (place === undefined) continue;
      this.#isLastResort = true;
      return this.#step(leg, place.tier, place.index, 0, nowMs);
    }
    return undefined;
  }

  /** Gives out an attempt; undefined when the route has made as many further ones as it may. */
  #step(leg: number, tier: number, index: number, delayMs: number, nowMs: number): PlanStep | undefined {
    const { budget } = this.#input;
    const resolution = this.#resolutionOf(leg)!;
    if (this.#granted > 0) this.#granted--;
    else if (!this.#mayGoOn(resolution, leg, tier, index, nowMs)) return undefined;
    const tried = this.#enter(resolution, leg, tier, index);
    this.#attempts++;
    const attemptsLeft = this.#isLastResort ? 0 : this.#attemptsLeft;
    const mayMove = attemptsLeft > 0 && !this.#stays;
    const needsTrust = budget?.hasRoom(nowMs) === false;
    return {
      resolution,
      routeTarget: tried.routeTarget,
      upstreamModel: tried.upstreamModel,
      delayMs,
      attemptsLeft,
      hasAlternative: mayMove && this.#hasCandidateFrom(leg, 0, needsTrust),
      isLastResort: this.#isLastResort,
      isFallbackModel: leg > 0,
    };
  }

  /** Whether the budget, or trust in a target that was not tried yet, lets one more attempt pass. */
  #mayGoOn(resolution: Resolution, leg: number, tier: number, index: number, nowMs: number): boolean {
    const { budget } = this.#input;
    if (budget === undefined || budget.tryTake(nowMs)) return true;
    const wasTried = findTried(this.#tried, leg, tier, index) !== undefined;
    if (wasTried || !isTrusted(this.#input, resolution.route.tiers[tier]![index]!, resolution)) return false;
    budget.overdraw(nowMs);
    return true;
  }

  #enter(resolution: Resolution, leg: number, tier: number, index: number): Tried {
    let tried = findTried(this.#tried, leg, tier, index);
    if (tried === undefined) {
      const routeTarget = resolution.route.tiers[tier]![index]!;
      const upstreamModel = upstreamModelOf(routeTarget, resolution);
      tried = { leg, tier, index, routeTarget, upstreamModel, count: 0, retryable: false, notBeforeMs: 0 };
      this.#tried.push(tried);
    }
    tried.count++;
    this.#current = tried;
    this.#lastLeg = Math.max(this.#lastLeg, leg);
    return tried;
  }

  #entryOf({ resolution, routeTarget }: PlanStep): Tried | undefined {
    return this.#tried.find((one) => one.routeTarget === routeTarget && this.#resolutionOf(one.leg) === resolution);
  }
}
