import { createHash } from 'node:crypto';
import type { SqlCell } from './database.ts';

const MODULUS = 2n ** 128n;

/** A sum over rows that is the same in whatever order they come; two tables with equal sums have equal rows. */
export class RowDigest {
  #sum = 0n;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Number of rows and sum, as a text to compare. */
  get text(): string {
    return `${this.#count}:${this.#sum.toString(16)}`;
  }

  add(cells: readonly SqlCell[]): void {
    const text = JSON.stringify(cells.map((cell) => (typeof cell === 'bigint' ? [String(cell)] : cell)));
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
    this.#sum = (this.#sum + BigInt(`0x${hash}`)) % MODULUS;
    this.#count += 1;
  }
}
