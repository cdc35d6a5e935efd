import type { CancelSignal, Slot, SlotPool, SlotRefusal } from '../slot-store.ts';

/** What the queues of a store have in common. */
export interface SlotQueueOwner {
  /** Asks for slots for these tickets, in their order; gives how many got one, and how many are held in all. */
  ask(pool: SlotPool, tickets: readonly string[]): Promise<readonly [granted: number, held: number]>;
  /** Gives tickets back; gives how many are held in all, undefined where nobody knows. */
  giveBack(poolId: string, tickets: readonly string[]): Promise<number | undefined>;
  /** What is done for somebody while nobody answers. Throws `store_unavailable` where nothing is. */
  fallBack(pool: SlotPool, signal: CancelSignal): Slot | SlotRefusal | Promise<Slot | SlotRefusal>;
  schedule(callback: () => void, delayMs: number): () => void;
  /** Milliseconds until a queue asks again, spread by chance. */
  pollMs(): number;
  newTicket(): string;
  /** A queue holds its first slot (1), or gave back its last one (−1). */
  heldChanged(queues: 1 | -1): void;
}

/** Tickets that one call asks for. */
const batch = 64;

/** Those of this process who hold or want slots of one pool. One call at a time asks for all of them. */
export class SlotQueue {
  readonly #owner: SlotQueueOwner;
  pool: SlotPool;
  readonly waiting = new Set<SlotWait>();
  readonly held = new Set<string>();
  /** Held by all processes, as far as known here. */
  inUse = 0;
  #isAsking = false;
  #isAskingAgain = false;
  #cancelPoll: (() => void) | undefined;

  constructor(owner: SlotQueueOwner, pool: SlotPool) {
    this.#owner = owner;
    this.pool = pool;
  }

  join(signal: CancelSignal): Promise<Slot | SlotRefusal> {
    return new Promise((resolve, reject) => {
      this.waiting.add(new SlotWait({ queue: this, pool: this.pool, signal, resolve, reject }));
      this.ask();
    });
  }

  resize(pool: SlotPool): void {
    this.pool = pool;
    this.ask();
  }

  /** Asks now, or as soon as the answer to the last question is here. */
  ask(): void {
    if (this.#isAsking) {
      this.#isAskingAgain = true;
      return;
    }
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
    if (this.waiting.size === 0) return;
    this.#isAsking = true;
    const present = [...this.waiting];
    const asked = present.slice(0, batch).map((wait) => ({ wait, ticket: this.#owner.newTicket() }));
    const tickets = asked.map(({ ticket }) => ticket);
    this.#owner.ask(this.pool, tickets).then(
      ([granted, held]) => {
        this.#isAsking = false;
        this.#grant(asked.slice(0, granted), held);
        if (granted < asked.length) this.#queue(present);
        this.#goOn(granted === asked.length);
      },
      () => {
        this.#isAsking = false;
        // Whether they were granted is not known; what is not given back ends with its lease.
        void this.#owner.giveBack(this.pool.id, tickets);
        for (const wait of [...this.waiting]) wait.fallBack(this.#owner);
      },
    );
  }

  schedule(callback: () => void, delayMs: number): () => void {
    return this.#owner.schedule(callback, delayMs);
  }

  release(ticket: string): void {
    this.held.delete(ticket);
    if (this.held.size === 0) this.#owner.heldChanged(-1);
    this.#giveBack([ticket]);
    if (this.waiting.size > 0) this.ask();
  }

  #grant(granted: readonly { readonly wait: SlotWait; readonly ticket: string }[], held: number): void {
    this.inUse = held;
    const unwanted: string[] = [];
    for (const { wait, ticket } of granted) {
      if (!this.waiting.has(wait)) {
        unwanted.push(ticket);
        continue;
      }
      this.held.add(ticket);
      if (this.held.size === 1) this.#owner.heldChanged(1);
      wait.end(new HeldSlot(this, ticket));
    }
    if (unwanted.length > 0) this.#giveBack(unwanted);
  }

  /** Those who got nothing wait, or are refused where there is no room to wait. */
  #queue(present: readonly SlotWait[]): void {
    let place = 0;
    for (const wait of present) {
      if (!this.waiting.has(wait)) continue;
      if (place >= wait.pool.maxQueue) wait.end('full');
      else wait.startTimer();
      place += 1;
    }
  }

  #goOn(isMoreFree: boolean): void {
    const isWanted = this.#isAskingAgain || isMoreFree;
    this.#isAskingAgain = false;
    if (this.waiting.size === 0) return;
    if (isWanted) this.ask();
    else this.#cancelPoll = this.#owner.schedule(() => this.ask(), this.#owner.pollMs());
  }

  #giveBack(tickets: readonly string[]): void {
    void this.#owner.giveBack(this.pool.id, tickets).then((held) => {
      if (held !== undefined) this.inUse = held;
    });
  }

  /** The last who waited has left. */
  left(): void {
    if (this.waiting.size > 0) return;
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }
}

interface SlotWaitInput {
  readonly queue: SlotQueue;
  readonly pool: SlotPool;
  readonly signal: CancelSignal;
  readonly resolve: (outcome: Slot | SlotRefusal | Promise<Slot | SlotRefusal>) => void;
  readonly reject: (error: unknown) => void;
}

/** Somebody who wants a slot; it is the listener of its own signal. */
class SlotWait {
  readonly pool: SlotPool;
  readonly #input: SlotWaitInput;
  #cancelTimer: (() => void) | undefined;

  constructor(input: SlotWaitInput) {
    this.pool = input.pool;
    this.#input = input;
    input.signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.end('aborted');
  }

  /** The time that a wait may last begins when it is known to be one. */
  startTimer(): void {
    this.#cancelTimer ??= this.#input.queue.schedule(
      () => this.end('timeout'),
      Math.min(this.pool.timeoutMs, 2_147_483_647),
    );
  }

  fallBack(owner: Pick<SlotQueueOwner, 'fallBack'>): void {
    this.#leave();
    const { reject, resolve, signal } = this.#input;
    try {
      resolve(owner.fallBack(this.pool, signal));
    } catch (error) {
      reject(error);
    }
  }

  end(outcome: Slot | SlotRefusal): void {
    this.#leave();
    this.#input.resolve(outcome);
  }

  #leave(): void {
    const { queue, signal } = this.#input;
    queue.waiting.delete(this);
    this.#cancelTimer?.();
    signal.removeEventListener('abort', this);
    queue.left();
  }
}

class HeldSlot implements Slot {
  readonly #ticket: string;
  #queue: SlotQueue | undefined;

  constructor(queue: SlotQueue, ticket: string) {
    this.#queue = queue;
    this.#ticket = ticket;
  }

  release(): void {
    const queue = this.#queue;
    this.#queue = undefined;
    queue?.release(this.#ticket);
  }
}
