import type { Behaviour } from './behaviours.ts';
import { isBareKind } from './decode-behaviour.ts';
import { parseModelTuning, type TunedModel } from './model-tuning.ts';
import type { PrefillManner } from './prefill.ts';
import { findScenario, type Scenario } from './scenarios.ts';
import type { SimulatedRequest } from './simulated-request.ts';

/** What decides how a request is answered: one behaviour for all, a name, or a function asked for each request. */
export type BehaviourSource =
  | Behaviour
  | string
  | ((request: SimulatedRequest, index: number) => Behaviour | string | undefined);

/** The behaviour of one request and where it came from. */
export interface Direction {
  readonly behaviour: Behaviour;
  readonly scenario: string | undefined;
  /** `tokens`, `gap`, `first` and `differs` as the model name or the behaviour's name sets them. */
  readonly settings: Readonly<Record<string, number>>;
  readonly prefill: PrefillManner | undefined;
}

/** Decides the behaviour of each request: the script first, then the set behaviour, then the model's name, then an answer. */
export class Director {
  readonly #now: () => number;
  #source: BehaviourSource | undefined;
  #sourceUses = 0;
  #script: (Behaviour | string)[] = [];
  // Uses and first use by model name, for faults that happen once or for a while.
  readonly #uses = new Map<string, { count: number; firstAt: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Sets what answers requests when the script is over; `undefined` leaves it to the model's name. Throws for an unknown name. */
  behave(source: BehaviourSource | undefined): void {
    if (typeof source === 'string') checkName(source);
    this.#source = source;
    this.#sourceUses = 0;
  }

  /** Sets one behaviour for each of the next requests. Throws for an unknown name. */
  script(list: readonly (Behaviour | string)[]): void {
    for (const item of list) if (typeof item === 'string') checkName(item);
    this.#script = list.flatMap((item) =>
      typeof item === 'object' && item.kind === 'status'
        ? Array(Math.min(item.times ?? 1, maximumNames)).fill(item)
        : [item],
    );
  }

  /** Forgets the script and the state of all scenarios. */
  reset(): void {
    this.#script = [];
    this.#sourceUses = 0;
    this.#uses.clear();
  }

  /** Whether the next connection is to be reset before it can say anything; takes that turn of the script. */
  refusesConnection(): boolean {
    const next = this.#script[0] ?? this.#source;
    if (typeof next !== 'object' || next.kind !== 'reset' || next.when !== 'accept') return false;
    this.#script.shift();
    return true;
  }

  /** Decides the behaviour of a request. Throws when a function names a behaviour that does not exist. */
  direct(request: SimulatedRequest, index: number): Direction {
    const model = parseModelTuning(request.model);
    const { settings, prefill } = model;
    const chosen = this.#script.shift() ?? this.#fromSource(request, index);
    if (typeof chosen === 'object') return { behaviour: chosen, scenario: undefined, settings, prefill };
    if (chosen === undefined) return this.#fromName(model);
    if (isBareKind(chosen)) {
      return { behaviour: { kind: chosen } as Behaviour, scenario: undefined, settings, prefill };
    }
    checkName(chosen);
    return this.#fromName(parseModelTuning(chosen));
  }

  #fromSource(request: SimulatedRequest, index: number): Behaviour | string | undefined {
    const source = this.#source;
    if (typeof source === 'function') return source(request, index);
    if (typeof source === 'object' && source.kind === 'status' && source.times !== undefined) {
      this.#sourceUses += 1;
      return this.#sourceUses > source.times ? { kind: 'answer' } : source;
    }
    return source;
  }

  #fromName(model: TunedModel): Direction {
    const { settings, prefill } = model;
    const scenario = findScenario(model.scenario);
    if (scenario === undefined) return { behaviour: { kind: 'answer' }, scenario: undefined, settings, prefill };
    return { behaviour: this.#play(scenario, model), scenario: scenario.name, settings, prefill };
  }

  #play(scenario: Scenario, model: TunedModel): Behaviour {
    const nowMs = this.#now();
    const uses = this.#uses.get(model.name) ?? { count: 0, firstAt: nowMs };
    const behaviour = scenario.behave({
      count: uses.count,
      elapsedMs: nowMs - uses.firstAt,
      nowMs,
      setting: (name, otherwise) => model.settings[name] ?? otherwise,
    });
    uses.count += 1;
    this.#uses.set(model.name, uses);
    const oldest = this.#uses.keys().next();
    if (this.#uses.size > maximumNames && !oldest.done) this.#uses.delete(oldest.value);
    return behaviour;
  }
}

const maximumNames = 10_000;

function checkName(name: string): void {
  const { scenario } = parseModelTuning(name);
  if (isBareKind(name) || scenario === 'sim' || findScenario(scenario) !== undefined) return;
  throw new Error(
    `There is no scenario or plain behaviour "${name}". Scenarios are f1 to f25, "sim" is a good answer.`,
  );
}
