import type { ReplySink } from '../relay/reply-sink.ts';

/** Somebody who gets a shared reply. */
export interface Subscriber {
  readonly sink: ReplySink;
  /** The headers as this one gets them: with its own request id, say. Asked once at most, with the status. */
  readonly headers: (headers: readonly string[], status: number) => readonly string[];
}

/** How a subscriber's part in a shared reply was over: it has all of it, its connection was cut, or it left. */
export type ShareEnding = 'ended' | 'cut' | 'left';

export interface ShareOutcome {
  readonly ending: ShareEnding;
  /**
   * Whether this subscriber answers for what the shared call cost: true for exactly one of all that shared it, the one
   * that began the call unless it left before the end.
   */
  readonly accounts: boolean;
}

/** One subscriber's part in a shared reply. */
export interface Share {
  /** Resolves once, and never rejects. */
  readonly finished: Promise<ShareOutcome>;
  /** Gives the part up, because the client is gone; its sink is not touched any more. Without effect at the end. */
  leave(): void;
}

/** One subscriber and how far it has read. */
export class Subscription {
  readonly #subscriber: Subscriber;
  readonly #onDrain: (subscription: Subscription) => void;
  readonly finished: Promise<ShareOutcome>;
  #resolve: (outcome: ShareOutcome) => void = () => {};
  /** Bytes that its sink was given. */
  sent = 0;
  /** Its sink takes no more for now. Who is not blocked has all there is. */
  isBlocked = false;
  /** It is settled: nothing more is written to its sink. */
  isOver = false;

  constructor(subscriber: Subscriber, onDrain: (subscription: Subscription) => void) {
    this.#subscriber = subscriber;
    this.#onDrain = onDrain;
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  head(status: number, headers: readonly string[]): void {
    this.#subscriber.sink.head(status, this.#subscriber.headers(headers, status));
  }

  write(bytes: Buffer): void {
    this.sent += bytes.length;
    if (this.#subscriber.sink.write(bytes) || this.isOver) return;
    this.isBlocked = true;
    this.#subscriber.sink.onDrain(() => {
      this.isBlocked = false;
      if (!this.isOver) this.#onDrain(this);
    });
  }

  end(bytes: Buffer | undefined, trailers: readonly (readonly [name: string, value: string])[]): void {
    const { sink } = this.#subscriber;
    this.sent += bytes?.length ?? 0;
    for (const [name, value] of trailers) sink.trailer?.(name, value);
    sink.end(bytes);
  }

  cut(): void {
    this.#subscriber.sink.cut();
  }

  settle(outcome: ShareOutcome): void {
    this.isOver = true;
    this.#resolve(outcome);
  }
}
