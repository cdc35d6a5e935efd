/**
 * A map with a bound, for results that can be computed again. Entries live in two generations: when the young one
 * reaches half the bound it becomes the old one, and the old one goes. A hit costs one look-up, without the reordering
 * that a strict least-recently-used list needs, and what is in use moves back to the young generation.
 */
export class BoundedCache<Value> {
  readonly #generationSize: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** `limit`: entries kept at most, at least 2. */
  constructor(limit: number) {
    this.#generationSize = Math.max(1, Math.floor(limit / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const survivor = this.#old.get(key);
    if (survivor === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, survivor);
    return survivor;
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#generationSize && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  deleteWhere(isGone: (value: Value, key: string) => boolean): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [key, value] of generation) if (isGone(value, key)) generation.delete(key);
    }
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
