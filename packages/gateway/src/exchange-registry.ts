import type { CancelReason, Exchange } from './exchange.ts';

/**
 * The exchanges under way. An array with holes filled from its end rather than a Set: a Set that is added to and deleted
 * from all the time leaves a chain of old tables behind, each of which keeps finished exchanges alive through several
 * garbage collections. That cost a third of the CPU time of a small request.
 */
export class ExchangeRegistry {
  readonly #exchanges: Exchange[] = [];
  readonly #onCount: (delta: 1 | -1) => void;

  /** `onCount` is told of each one that comes and goes. */
  constructor(onCount: (delta: 1 | -1) => void) {
    this.#onCount = onCount;
  }

  get size(): number {
    return this.#exchanges.length;
  }

  add(exchange: Exchange): void {
    exchange.registryIndex = this.#exchanges.length;
    this.#exchanges.push(exchange);
    this.#onCount(1);
  }

  delete(exchange: Exchange): void {
    const index = exchange.registryIndex;
    if (this.#exchanges[index] !== exchange) return;
    const last = this.#exchanges.pop()!;
    if (last !== exchange) {
      last.registryIndex = index;
      this.#exchanges[index] = last;
    }
    this.#onCount(-1);
  }

  cancelAll(reason: CancelReason): void {
    for (const exchange of [...this.#exchanges]) exchange.cancel(reason);
  }
}
