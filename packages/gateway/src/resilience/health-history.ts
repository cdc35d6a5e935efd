import type { Clock } from '../canonical/clock.ts';
import type { Breaker } from './breaker.ts';
import type { HealthEntry } from './health-entry.ts';
import type { HealthState, HealthTransition } from './health-state.ts';

export interface HealthHistoryInput {
  readonly clock: Pick<Clock, 'wallNow'>;
  readonly onChange: (transition: HealthTransition) => void;
  readonly onModelChange?: (transition: HealthTransition) => void;
}

/** What a target and some of its models were before something happened. */
export interface Standing {
  readonly verdict: HealthEntry;
  readonly state: HealthState;
  readonly since: number;
  readonly breakers: readonly BreakerStanding[];
}

interface BreakerStanding {
  readonly breaker: Breaker;
  readonly wasOpen: boolean;
  readonly since: number | undefined;
}

export function standingOf(verdict: HealthEntry, breakers: readonly Breaker[]): Standing {
  const standings = breakers.map((breaker) => ({ breaker, wasOpen: breaker.isOpen, since: breaker.since }));
  return { verdict, state: verdict.state, since: verdict.since, breakers: standings };
}

/**
 * The last transitions of each target. A process that follows another shows what the decider told it, and after that
 * what it has decided itself and has not heard back about.
 */
export class HealthHistory {
  readonly #input: HealthHistoryInput;
  readonly #maxLength: () => number;
  readonly #decided = new Map<string, HealthTransition[]>();
  readonly #provisional = new Map<string, HealthTransition[]>();
  #number = 0;

  constructor(input: HealthHistoryInput, maxLength: () => number) {
    this.#input = input;
    this.#maxLength = maxLength;
  }

  /** Oldest first. */
  of(id: string): readonly HealthTransition[] {
    const decided = this.#decided.get(id) ?? [];
    const provisional = this.#provisional.get(id);
    return provisional === undefined ? decided : this.#within([...decided, ...provisional]);
  }

  /** Writes down and announces what became of a target and its models since then. */
  note(before: Standing, weight: 'decided' | 'provisional'): readonly HealthTransition[] {
    const transitions = this.#modelTransitions(before);
    for (const transition of transitions) this.#input.onModelChange?.(transition);
    const own = this.announce(before);
    if (own !== undefined) transitions.push(own);
    if (transitions.length === 0) return transitions;
    const { id } = before.verdict;
    const lists = weight === 'decided' ? this.#decided : this.#provisional;
    lists.set(id, this.#within([...(lists.get(id) ?? []), ...transitions]));
    return transitions;
  }

  /** Announces a target's own change of state since then; undefined when there was none. */
  announce({ since, state: from, verdict }: Standing): HealthTransition | undefined {
    const { failure, id, reason, state: to } = verdict;
    if (from === to) return undefined;
    const at = this.#input.clock.wallNow();
    this.#number += 1;
    const number = this.#number;
    const transition = { id, model: undefined, from, to, reason, failure, at, lastedMs: at - since, number };
    this.#input.onChange(transition);
    return transition;
  }

  /** The decider's transitions of a target; those known already change nothing. */
  confirm(id: string, transitions: readonly HealthTransition[]): void {
    this.#provisional.delete(id);
    const known = this.#decided.get(id) ?? [];
    const last = known.at(-1)?.number ?? 0;
    const fresh = transitions.filter(({ number }) => number > last);
    if (fresh.length > 0) this.#decided.set(id, this.#within([...known, ...fresh]));
  }

  forget(id: string): void {
    this.#decided.delete(id);
    this.#provisional.delete(id);
  }

  #modelTransitions({ breakers, verdict }: Standing): HealthTransition[] {
    const transitions: HealthTransition[] = [];
    const at = this.#input.clock.wallNow();
    for (const { breaker, since, wasOpen } of breakers) {
      const { failure, isOpen, model, reason } = breaker;
      if (isOpen === wasOpen) continue;
      const lastedMs = since === undefined ? undefined : at - since;
      this.#number += 1;
      const [from, to] = [stateOf(wasOpen), stateOf(isOpen)];
      transitions.push({ id: verdict.id, model, from, to, reason, failure, at, lastedMs, number: this.#number });
    }
    return transitions;
  }

  #within(transitions: HealthTransition[]): HealthTransition[] {
    const maxLength = this.#maxLength();
    return transitions.length > maxLength ? transitions.slice(-maxLength) : transitions;
  }
}

function stateOf(isOpen: boolean): HealthState {
  return isOpen ? 'unhealthy' : 'healthy';
}
