import { memberModelOf } from '../member-model.ts';
import type { PickFacts } from '../pick-facts.ts';
import type { TargetObservation, TargetObservations } from '../target-observations.ts';
import type { StrategyMember } from './define-strategy.ts';

/** What was observed of the members of a tier, found without a look-up where they name their model themselves. */
export class MemberObservations {
  readonly #members: readonly StrategyMember[];
  readonly #observations: TargetObservations;
  readonly #kept: (TargetObservation | undefined)[];

  constructor(members: readonly StrategyMember[], observations: TargetObservations) {
    this.#members = members;
    this.#observations = observations;
    this.#kept = members.map(() => undefined);
  }

  /** Undefined where nothing was observed. */
  at(index: number, facts: PickFacts): TargetObservation | undefined {
    const kept = this.#kept[index];
    if (kept?.isKept === true) return kept;
    const member = this.#members[index]!;
    const found = this.#observations.find(member, memberModelOf(member, facts.requestedModel));
    if (member.upstreamModel !== undefined) this.#kept[index] = found;
    return found;
  }

  /** What one more request would mean for a member: milliseconds, for each request it would have then and its weight. */
  costAt(index: number, weight: number, facts: PickFacts): number {
    const observation = this.at(index, facts);
    if (observation === undefined) return 0;
    return (observation.expectedMs(facts.stream, facts.now) * (observation.inFlight + 1)) / weight;
  }
}
