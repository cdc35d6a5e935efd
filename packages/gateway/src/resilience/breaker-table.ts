import { Breaker } from './breaker.ts';
import type { HealthContext } from './breaker-timing.ts';

/**
 * The breakers of all models at all targets. Names of models may be a caller's inventions, so only models of which
 * something is worth knowing are kept, so many of a target and so many in all. A breaker that keeps requests away now
 * is never forgotten for another.
 */
export class BreakerTable {
  readonly #context: HealthContext;
  readonly #byTarget = new Map<string, Map<string, Breaker>>();
  #size = 0;

  constructor(context: HealthContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#size;
  }

  /** Those of one target, those longest untouched first; undefined when there are none. */
  of(id: string): ReadonlyMap<string, Breaker> | undefined {
    return this.#byTarget.get(id);
  }

  /** The breaker of a model, made when there is room for it; undefined when there is none. It counts as touched. */
  claim(id: string, model: string, now: number): Breaker | undefined {
    const known = this.#byTarget.get(id)?.get(model);
    const breaker = known ?? this.#create(id, model, now);
    if (breaker === undefined) return undefined;
    const own = this.#byTarget.get(id) ?? new Map<string, Breaker>();
    own.delete(model);
    own.set(model, breaker);
    this.#byTarget.set(id, own);
    return breaker;
  }

  /** Forgets one model, or all models of a target. */
  drop(id: string, model?: string): void {
    const own = this.#byTarget.get(id);
    if (own === undefined) return;
    if (model === undefined) {
      this.#size -= own.size;
      own.clear();
    } else if (own.delete(model)) this.#size -= 1;
    if (own.size === 0) this.#byTarget.delete(id);
  }

  #create(id: string, model: string, now: number): Breaker | undefined {
    const { maxModels, maxModelsOfTarget } = this.#context.settings;
    if (model.length > longestName) return undefined;
    const own = this.#byTarget.get(id);
    if (own !== undefined && own.size >= maxModelsOfTarget && !this.#forgetOne(id, now)) return undefined;
    if (this.#size >= maxModels && !this.#forgetOne(this.#fullest(), now)) return undefined;
    this.#size += 1;
    return new Breaker(model, this.#context);
  }

  /** Forgets the least worth knowing of a target's, of equals the one longest untouched. Whether there was one. */
  #forgetOne(id: string, now: number): boolean {
    let worst: Breaker | undefined;
    let leastWorth = 3;
    for (const breaker of this.#byTarget.get(id)?.values() ?? []) {
      const worth = breaker.worth(now);
      if (worth >= leastWorth) continue;
      worst = breaker;
      leastWorth = worth;
    }
    if (worst !== undefined) this.drop(id, worst.model);
    return worst !== undefined;
  }

  /** Whoever has the most pays for what comes. */
  #fullest(): string {
    let fullest = '';
    let most = 0;
    for (const [id, { size }] of this.#byTarget) {
      if (size <= most) continue;
      fullest = id;
      most = size;
    }
    return fullest;
  }
}

/** Characters of a model's name; with longer ones, a bound on their number would be no bound on memory. */
const longestName = 256;
