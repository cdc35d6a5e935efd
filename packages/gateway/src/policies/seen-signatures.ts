/**
 * Signatures that were accepted, to refuse their repeats. Two generations: when the young one is as old as a signature
 * can live, or full, it becomes the old one, and the old one goes. Only valid signatures enter, so nobody without the
 * secret can fill it; above the rate it is made for, the oldest are forgotten early.
 */
export class SeenSignatures {
  readonly #generationSize: number;
  readonly #lifetimeMs: number;
  #young = new Set<string>();
  #old = new Set<string>();
  #youngSince = Number.NEGATIVE_INFINITY;

  /** `limit`: signatures kept at most. `lifetimeMs`: how long at least they are kept below the limit. */
  constructor(options: { readonly limit: number; readonly lifetimeMs: number }) {
    this.#generationSize = Math.max(1, Math.floor(options.limit / 2));
    this.#lifetimeMs = options.lifetimeMs;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** False when the signature was there already. `now` in milliseconds. */
  add(signature: string, now: number): boolean {
    if (this.#young.has(signature) || this.#old.has(signature)) return false;
    if (now - this.#youngSince >= this.#lifetimeMs || this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Set();
      this.#youngSince = now;
    }
    this.#young.add(signature);
    return true;
  }
}
