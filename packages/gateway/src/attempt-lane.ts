import type { Exchange } from './exchange.ts';
import type { PlanStep } from './routing/plan.ts';
import type { CancelSignal } from './stores/slot-store.ts';

/** What ends an attempt from outside: its exchange, or the race with another attempt that it lost. */
export interface AttemptLane extends CancelSignal {
  readonly cancelReason: string | undefined;
  endWait(): void;
  whileCancellable(onCancel: ((reason: string) => void) | undefined): void;
}

/** How an attempt is made that is not the only one of its exchange. */
export interface AttemptManner {
  readonly lane: AttemptLane;
  /** Its answer begins now, and it is the one that the caller gets. */
  readonly onBegin: () => void;
  /** Once it is over: whether it was broken off because it is not the one that the caller gets. */
  readonly isOutrun: () => boolean;
  /** Since when the caller has been waiting for it, in monotonic milliseconds. */
  readonly waitingSince: number;
}

/** A step of an exchange's plan, and when the exchange has to be over. */
export interface TimedStep {
  readonly exchange: Exchange;
  readonly step: PlanStep;
  readonly deadline: number;
}
