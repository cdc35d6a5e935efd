/** What one worker may hold; past it the oldest is left to itself. */
const MOST_HELD = 100_000;

/** What workers hold at their host until they end it, by tickets that each worker chooses. */
export class HeldTickets<Held> {
  readonly #byWorker = new Map<number, Map<number, Held>>();

  keep(worker: number, ticket: number, held: Held): void {
    let own = this.#byWorker.get(worker);
    if (own === undefined) {
      own = new Map();
      this.#byWorker.set(worker, own);
    }
    if (own.size >= MOST_HELD) own.delete(own.keys().next().value!);
    own.set(ticket, held);
  }

  /** What the worker ends, once. */
  take(worker: number, ticket: number): Held | undefined {
    const own = this.#byWorker.get(worker);
    const held = own?.get(ticket);
    own?.delete(ticket);
    return held;
  }

  /** All that a worker held that is gone. */
  takeAll(worker: number): readonly Held[] {
    const own = this.#byWorker.get(worker);
    this.#byWorker.delete(worker);
    return [...(own?.values() ?? [])];
  }
}
