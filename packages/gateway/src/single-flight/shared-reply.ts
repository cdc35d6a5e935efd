import { KeptBytes } from '../framing/kept-bytes.ts';
import type { ReplySink } from '../relay/reply-sink.ts';
import { type Share, type ShareEnding, type Subscriber, Subscription } from './subscription.ts';

export interface SharedReplyOptions {
  /** A reply longer than this can be joined no more, and is then kept only for those who lag behind. */
  readonly maxKeptBytes: number;
  /** Who lags further behind than this when more comes is cut. */
  readonly maxLagBytes: number;
  /** From now on nobody can join; called once. */
  readonly onClosed: () => void;
  /** Nobody is left to answer before the answer is whole; called once, after `onClosed`. */
  readonly onAbandoned: () => void;
}

/**
 * The reply of one call that goes to any number of subscribers. Who joins late gets what was sent before, then what
 * comes. The fastest subscriber sets the pace: the call is held up only while nobody takes more.
 *
 * After the end or a cut it takes nothing more; subscribers that lag then still get the rest at their own pace, except
 * after a cut.
 */
export class SharedReply implements ReplySink {
  readonly #options: SharedReplyOptions;
  /** Those whose part is not over, in the order they came. */
  readonly #subscriptions = new Set<Subscription>();
  readonly #kept = new KeptBytes();
  #head: { readonly status: number; readonly headers: readonly string[] } | undefined;
  readonly #trailers: (readonly [name: string, value: string])[] = [];
  /** The one who answers for the cost. */
  #accountant: Subscription | undefined;
  #whenDrained: (() => void)[] = [];
  #isClosed = false;
  /** The call has said all it will say, or nobody listens. */
  #isOver = false;

  constructor(options: SharedReplyOptions) {
    this.#options = options;
  }

  get isJoinable(): boolean {
    return !this.#isClosed;
  }

  /** Memory taken by bytes that somebody still wants, or that somebody who joins would. */
  get keptBytes(): number {
    return this.#kept.allocatedBytes;
  }

  /** Gives a subscriber what was sent so far and what will be; undefined when it is too late for that. */
  join(subscriber: Subscriber): Share | undefined {
    if (this.#isClosed) return undefined;
    const subscription = new Subscription(subscriber, (drained) => this.#drained(drained));
    // First, because the subscriber's own part in it may fail: then it never was here.
    if (this.#head) subscription.head(this.#head.status, this.#head.headers);
    this.#subscriptions.add(subscription);
    this.#accountant ??= subscription;
    this.#catchUp(subscription);
    if (!subscription.isBlocked && !subscription.isOver) this.#resume();
    return { finished: subscription.finished, leave: () => this.#leave(subscription) };
  }

  head(status: number, headers: readonly string[]): void {
    if (this.#isOver) return;
    this.#head = { status, headers: [...headers] };
    for (const subscription of this.#subscriptions) subscription.head(status, this.#head.headers);
  }

  write(bytes: Buffer): boolean {
    if (!this.#isOver && bytes.length > 0) {
      this.#cutLaggards();
      this.#spread(bytes, (subscription) => subscription.write(bytes));
      if (this.#kept.end > this.#options.maxKeptBytes) this.#close();
      this.#forgetRead();
    }
    return !this.#isHeldUp();
  }

  end(bytes?: Buffer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close();
    this.#spread(bytes ?? nothing, (subscription) => this.#finish(subscription, bytes));
    this.#forgetRead();
  }

  cut(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close();
    for (const subscription of this.#subscriptions) this.#cut(subscription);
    this.#forgetRead();
  }

  trailer(name: string, value: string): void {
    this.#trailers.push([name, value]);
  }

  onDrain(callback: () => void): void {
    this.#whenDrained.push(callback);
  }

  /** Hands bytes to those who have everything before them, and keeps them for the others. */
  #spread(bytes: Buffer, give: (subscription: Subscription) => void): void {
    const before = this.#kept.end;
    if (this.#isWantedLater()) this.#kept.append(bytes);
    else this.#kept.skip(bytes.length);
    for (const subscription of this.#subscriptions) {
      // Who joined meanwhile has got them already.
      if (!subscription.isBlocked && subscription.sent === before) give(subscription);
    }
  }

  #isWantedLater(): boolean {
    if (!this.#isClosed) return true;
    for (const subscription of this.#subscriptions) if (subscription.isBlocked) return true;
    return false;
  }

  #isHeldUp(): boolean {
    for (const subscription of this.#subscriptions) if (!subscription.isBlocked) return false;
    return this.#subscriptions.size > 0;
  }

  #drained(subscription: Subscription): void {
    this.#catchUp(subscription);
    this.#forgetRead();
    if (!subscription.isBlocked && !subscription.isOver) this.#resume();
  }

  /** Writes what a subscriber has not got yet, as far as its sink takes it. */
  #catchUp(subscription: Subscription): void {
    // A sink may find out while it is written to that its client is gone.
    while (!subscription.isBlocked && !subscription.isOver && subscription.sent < this.#kept.end) {
      const piece = this.#kept.from(subscription.sent);
      if (this.#isOver && subscription.sent + piece.length === this.#kept.end) {
        this.#finish(subscription, piece);
        return;
      }
      subscription.write(piece);
    }
    if (this.#isOver && !subscription.isBlocked && !subscription.isOver) this.#finish(subscription, undefined);
  }

  #resume(): void {
    const callbacks = this.#whenDrained;
    this.#whenDrained = [];
    if (!this.#isOver) for (const callback of callbacks) callback();
  }

  #cutLaggards(): void {
    for (const subscription of this.#subscriptions) {
      if (this.#kept.end - subscription.sent <= this.#options.maxLagBytes) continue;
      this.#cut(subscription);
      this.#abandonIfAlone();
    }
  }

  #leave(subscription: Subscription): void {
    if (!this.#subscriptions.has(subscription)) return;
    this.#settle(subscription, 'left');
    this.#abandonIfAlone();
    this.#forgetRead();
  }

  #abandonIfAlone(): void {
    if (this.#isOver || this.#subscriptions.size > 0) return;
    this.#isOver = true;
    this.#close();
    this.#options.onAbandoned();
  }

  #finish(subscription: Subscription, bytes: Buffer | undefined): void {
    this.#settle(subscription, 'ended');
    subscription.end(bytes, this.#trailers);
  }

  #cut(subscription: Subscription): void {
    this.#settle(subscription, 'cut');
    subscription.cut();
  }

  #settle(subscription: Subscription, ending: ShareEnding): void {
    this.#subscriptions.delete(subscription);
    if (this.#accountant === subscription && !this.#isOver) {
      // What the call will have cost is not known yet; somebody who is still there will see it.
      const [heir] = this.#subscriptions;
      this.#accountant = heir ?? subscription;
    }
    subscription.settle({ ending, accounts: this.#accountant === subscription });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.onClosed();
  }

  #forgetRead(): void {
    if (!this.#isClosed) return;
    let read = this.#kept.end;
    for (const subscription of this.#subscriptions) read = Math.min(read, subscription.sent);
    this.#kept.dropBefore(read);
  }
}

const nothing = Buffer.alloc(0);
