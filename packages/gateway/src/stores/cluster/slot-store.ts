import type { Clock } from '../../canonical/clock.ts';
import type { CancelSignal, Slot, SlotCounts, SlotPool, SlotRefusal, SlotStore } from '../slot-store.ts';
import type { ClusterBus } from './bus.ts';
import { type HostNotice, HostWatch } from './host-watch.ts';
import {
  type AcquireAnswer,
  type AcquireMessage,
  type CountsMessage,
  type SettledMessage,
  storeTopics,
} from './store-messages.ts';

export interface ClusterSlotStoreInput {
  readonly bus: Pick<ClusterBus, 'ask' | 'post' | 'on'>;
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  /** Hands out slots while the host does not answer, for this worker alone. */
  readonly fallback: SlotStore;
  readonly onNotice: (notice: HostNotice) => void;
  /** Milliseconds the host may take to answer, apart from a wait in the queue; left out: 1000. */
  readonly timeoutMs?: number;
}

/** Hands out slots of the primary process, for all workers together. */
export function createClusterSlotStore(input: ClusterSlotStoreInput): SlotStore {
  return new HostedSlots(input);
}

const noCounts: SlotCounts = { inFlight: 0, queued: 0 };

class HostedSlots implements SlotStore {
  readonly input: ClusterSlotStoreInput;
  readonly watch: HostWatch;
  readonly waits = new Map<number, HostedWait>();
  readonly #counts = new Map<string, SlotCounts>();
  #lastTicket = 0;

  constructor(input: ClusterSlotStoreInput) {
    this.input = input;
    this.watch = new HostWatch({ store: 'slots', clock: input.clock, onNotice: input.onNotice });
    input.bus.on(storeTopics.settled, (message) => this.#settle(message as SettledMessage));
    input.bus.on(storeTopics.counts, (message) => this.#learnCounts(message as CountsMessage));
  }

  acquire(pool: SlotPool, signal: CancelSignal): Slot | SlotRefusal | Promise<Slot | SlotRefusal> {
    if (signal.aborted) return 'aborted';
    if (!this.watch.shouldAsk()) return this.input.fallback.acquire(pool, signal);
    this.#lastTicket += 1;
    const ticket = this.#lastTicket;
    return new Promise((resolve) => new HostedWait(this, { ticket, pool }, signal, resolve).start());
  }

  resize(pool: SlotPool): void {
    this.input.fallback.resize(pool);
    this.input.bus.post(storeTopics.resize, pool);
  }

  counts(poolId: string): SlotCounts {
    const hosted = this.#counts.get(poolId) ?? noCounts;
    const own = this.input.fallback.counts(poolId);
    return { inFlight: hosted.inFlight + own.inFlight, queued: hosted.queued + own.queued };
  }

  giveUp(ticket: number): void {
    this.input.bus.post(storeTopics.giveUp, ticket);
  }

  #settle(message: SettledMessage): void {
    const wait = this.waits.get(message.ticket);
    if (wait !== undefined) wait.hear(message.outcome);
    else if (message.outcome === 'granted') this.giveUp(message.ticket);
  }

  #learnCounts(message: CountsMessage): void {
    for (const [poolId, counts] of message) {
      if (counts.inFlight === 0 && counts.queued === 0) this.#counts.delete(poolId);
      else this.#counts.set(poolId, counts);
    }
  }
}

class HostedSlot implements Slot {
  readonly #ticket: number;
  #store: HostedSlots | undefined;

  constructor(store: HostedSlots, ticket: number) {
    this.#store = store;
    this.#ticket = ticket;
  }

  release(): void {
    this.#store?.giveUp(this.#ticket);
    this.#store = undefined;
  }
}

/** One question for a slot, from asking to its outcome; it is the listener of its own signal. */
class HostedWait {
  readonly #store: HostedSlots;
  readonly #message: AcquireMessage;
  readonly #signal: CancelSignal;
  readonly #resolve: (outcome: Slot | SlotRefusal | Promise<Slot | SlotRefusal>) => void;
  #cancelTimer: (() => void) | undefined;

  constructor(
    store: HostedSlots,
    message: AcquireMessage,
    signal: CancelSignal,
    resolve: (outcome: Slot | SlotRefusal | Promise<Slot | SlotRefusal>) => void,
  ) {
    this.#store = store;
    this.#message = message;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  start(): void {
    const { bus, timeoutMs = 1000 } = this.#store.input;
    this.#store.waits.set(this.#message.ticket, this);
    this.#signal.addEventListener('abort', this);
    bus.ask(storeTopics.acquire, this.#message, timeoutMs).then(
      (answer) => {
        this.#store.watch.answered();
        this.hear(answer as AcquireAnswer);
      },
      (error: unknown) => {
        this.#store.watch.failed(error);
        this.#fallBack();
      },
    );
  }

  handleEvent(): void {
    this.#leave('aborted');
  }

  hear(answer: AcquireAnswer): void {
    const { ticket, pool } = this.#message;
    // Who left meanwhile has told the host already.
    if (this.#store.waits.get(ticket) !== this) return;
    if (answer === 'queued') this.#guard(pool.timeoutMs);
    else this.#end(answer === 'granted' ? new HostedSlot(this.#store, ticket) : answer);
  }

  /** The host ends the wait when its time is over; this ends it when the host is no more. */
  #guard(timeoutMs: number): void {
    const { clock, timeoutMs: answerMs = 1000 } = this.#store.input;
    const limitMs = Math.min(timeoutMs + answerMs, 2_147_483_647);
    this.#cancelTimer = clock.schedule(() => this.#leave('timeout'), limitMs);
  }

  #leave(refusal: SlotRefusal): void {
    this.#store.giveUp(this.#message.ticket);
    this.#end(refusal);
  }

  #fallBack(): void {
    const { ticket, pool } = this.#message;
    if (this.#store.waits.get(ticket) !== this) return;
    // The host may be slow rather than dead, and must not keep the slot for somebody who went elsewhere.
    this.#store.giveUp(ticket);
    this.#end(this.#store.input.fallback.acquire(pool, this.#signal));
  }

  #end(outcome: Slot | SlotRefusal | Promise<Slot | SlotRefusal>): void {
    this.#store.waits.delete(this.#message.ticket);
    this.#signal.removeEventListener('abort', this);
    this.#cancelTimer?.();
    this.#resolve(outcome);
  }
}
