import type { CancelSignal } from './stores/slot-store.ts';

/**
 * Something that can be ended from outside: an exchange, or one of two attempts that race. As a CancelSignal it is what a
 * waiter listens to: an AbortController for each would cost microseconds, and few ever wait.
 */
export class Cancellation<Reason extends string = string> implements CancelSignal {
  #reason: Reason | undefined;
  #onCancel: ((reason: Reason) => void) | undefined;
  /** The one place in a queue that it may hold. */
  #waiter: { handleEvent(): void } | undefined;

  get cancelReason(): Reason | undefined {
    return this.#reason;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  addEventListener(_type: 'abort', listener: { handleEvent(): void }): void {
    this.#waiter = listener;
  }

  removeEventListener(_type: 'abort', listener: { handleEvent(): void }): void {
    if (this.#waiter === listener) this.#waiter = undefined;
  }

  /** Ends its wait in a queue, if it is in one, and nothing else. */
  endWait(): void {
    this.#waiter?.handleEvent();
  }

  /** Ends whatever is going on; the first reason stays. */
  cancel(reason: Reason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#waiter?.handleEvent();
    this.#onCancel?.(reason);
  }

  /** What to call on cancel. There is one activity at a time: a newer one takes the place of an older. */
  whileCancellable(onCancel: ((reason: Reason) => void) | undefined): void {
    this.#onCancel = onCancel;
    if (onCancel && this.#reason) onCancel(this.#reason);
  }
}
