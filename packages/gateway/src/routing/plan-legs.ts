import type { Failure } from '../resilience/failure.ts';
import type { Fallbacks } from './plan.ts';
import type { Resolution } from './target.ts';

/**
 * The models of a plan, one leg after the other: the one asked for is leg 0, those that follow it come after. They are
 * asked for when they are needed, and none comes twice.
 */
export class PlanLegs {
  readonly #legs: Resolution[];
  readonly #fallbacks: Fallbacks;
  /** Which models follow is known, for the failure that decided it. */
  #isChosen = false;

  constructor(own: Resolution, fallbacks: Fallbacks) {
    this.#legs = [own];
    this.#fallbacks = fallbacks;
  }

  /** The model of a leg; undefined behind the last one. */
  at(leg: number): Resolution | undefined {
    if (leg > 0 && !this.#isChosen) this.#choose(undefined, 0);
    return this.#legs[leg];
  }

  /**
   * Lets a failure decide which models follow, in place of those that were to follow so far. Answers the first leg of
   * theirs, undefined when there is none.
   *
   * @param lastLeg the last leg that was tried
   */
  branch(failure: Failure, lastLeg: number): number | undefined {
    this.#choose(failure, lastLeg);
    return this.#legs.length > lastLeg + 1 ? lastLeg + 1 : undefined;
  }

  #choose(failure: Failure | undefined, lastLeg: number): void {
    this.#isChosen = true;
    // What was still to come makes way. What was passed over, because nothing of it was usable, does not come again.
    this.#legs.length = lastLeg + 1;
    for (const resolution of this.#fallbacks(failure)) {
      if (!this.#legs.some((leg) => isSame(leg, resolution))) this.#legs.push(resolution);
    }
  }
}

function isSame(one: Resolution, other: Resolution): boolean {
  return one.route.id === other.route.id && one.requestedModel === other.requestedModel;
}
