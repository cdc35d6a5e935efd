/** What happens at one moment. */
export interface SimulatedEvent {
  readonly at: number;
  readonly run: () => void;
}

/** Events by their time; those of one time in the order in which they were put in. */
export class EventQueue {
  readonly #heap: (SimulatedEvent & { readonly order: number })[] = [];
  #order = 0;

  put(at: number, run: () => void): void {
    const event = { at, run, order: this.#order++ };
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  /** Takes out the next; undefined when there is none. */
  take(): SimulatedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

interface Ordered {
  readonly at: number;
  readonly order: number;
}

function isBefore(one: Ordered, other: Ordered): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}
