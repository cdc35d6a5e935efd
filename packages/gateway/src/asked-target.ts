import { Cancellation } from './cancellation.ts';
import type { Exchange } from './exchange.ts';
import type { Failure } from './resilience/failure.ts';
import type { Target } from './routing/target.ts';
import type { LimitVerdict, ReservingLimitStore } from './stores/limit-store.ts';
import type { CancelSignal, Slot, SlotRefusal, SlotStore } from './stores/slot-store.ts';
import { atDeadline, limitSpent, placeRefused, TargetLimits } from './target-limits.ts';

export interface AskedTargetParts {
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  /** Where it is there, places are handed out as each target has shown to bear, in this process alone. */
  readonly adaptive: unknown;
}

/** A place at the target, undefined where it has none that all replicas share; or what refused it. */
type TargetAnswer = Slot | undefined | SlotRefusal | LimitVerdict;

/**
 * All that is limited of a target for all replicas, asked for at the same time for one attempt: what it takes of the
 * target's limits, and a place there. Whoever asked takes the answer, or drops what there is of it.
 */
export class AskedTarget {
  /** What it takes of the target's limits, to be settled once it is taken. */
  readonly limits: TargetLimits | undefined;
  readonly #exchange: Exchange;
  readonly #target: Target;
  /** Ends the wait for a place. */
  readonly #leaving = new Cancellation();
  readonly #answer: Promise<TargetAnswer>;
  #isOver = false;

  constructor(parts: AskedTargetParts, exchange: Exchange, target: Target) {
    this.#exchange = exchange;
    this.#target = target;
    this.limits = TargetLimits.of(exchange, target);
    this.#answer = this.#ask(parts);
    this.#answer.catch(nothing);
  }

  /** Whether it was neither taken nor dropped. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  /**
   * For an attempt that `signal` ends: a place, undefined where the target has none that all replicas share, or why it is
   * passed over. `deadline`: when the exchange has no more time to wait for it.
   */
  async take(signal: CancelSignal, deadline: number): Promise<Slot | undefined | Failure> {
    this.#isOver = true;
    const leave = { handleEvent: () => this.#leaving.cancel('cancelled') };
    if (signal.aborted) leave.handleEvent();
    signal.addEventListener('abort', leave);
    const mayWait = this.#target.bulkhead?.isShared === true;
    const cancelTimer = mayWait ? atDeadline(this.#exchange.clock, deadline, leave.handleEvent) : nothing;
    try {
      const answer = await this.#answer;
      if (typeof answer === 'string') return placeRefused(this.#target, answer, signal);
      return answer && 'allowed' in answer ? limitSpent(this.#exchange, this.#target, answer) : answer;
    } finally {
      cancelTimer();
      signal.removeEventListener('abort', leave);
    }
  }

  /** Nobody asks the target: gives back what was got, now or when it comes. */
  drop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaving.cancel('not needed');
    void this.#answer.then(releasePlace, nothing).then(() => this.limits?.release());
  }

  async #ask(parts: AskedTargetParts): Promise<TargetAnswer> {
    const counting = this.limits?.reserve(parts.limits, this.#exchange, this.#target);
    const place = this.#askPlace(parts);
    place.catch(nothing);
    try {
      const verdict = await counting;
      if (verdict === undefined || verdict.allowed) return await place;
      this.#dropPlace(place);
      return verdict;
    } catch (error) {
      this.#dropPlace(place);
      throw error;
    }
  }

  async #askPlace({ adaptive, slots }: AskedTargetParts): Promise<Slot | undefined | SlotRefusal> {
    const { bulkhead } = this.#target;
    return adaptive !== undefined || !bulkhead?.isShared ? undefined : slots.acquire(bulkhead, this.#leaving);
  }

  #dropPlace(place: Promise<TargetAnswer>): void {
    this.#leaving.cancel('not needed');
    place.then(releasePlace, nothing);
  }
}

const nothing = (): void => undefined;

function releasePlace(answer: TargetAnswer): void {
  if (typeof answer === 'object' && 'release' in answer) answer.release();
}

/** Whether anything of a target may be limited for all replicas. */
export function hasSharedLimits({ bulkhead, limits, tokenLimit }: Target): boolean {
  return limits.length > 0 || tokenLimit !== undefined || bulkhead?.isShared === true;
}
