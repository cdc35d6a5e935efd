import { grown, type HealthContext } from './breaker-timing.ts';

/** For how long after its time a refusal is remembered, in milliseconds: another one lengthens the next time. */
const rememberedMs = 60_000;

/**
 * For how long a model is spared that limits its rate and does not say for how long: longer each time, until it
 * answers. It is a guess, so it keeps requests away only where another target can answer them.
 */
export class Sparing {
  readonly #context: HealthContext;
  #until = 0;
  #level = 0;

  constructor(context: HealthContext) {
    this.#context = context;
  }

  /** Monotonic milliseconds; in the past when it is over. */
  get until(): number {
    return this.#until;
  }

  isOn(now: number): boolean {
    return now < this.#until;
  }

  isForgettable(now: number): boolean {
    return this.#level === 0 ? !this.isOn(now) : now >= this.#until + rememberedMs;
  }

  /** A request was refused. What was under way when the first one was does not lengthen it: answers false. */
  begin(now: number): boolean {
    const { maxSpareMs, spareMs } = this.#context.settings;
    if (this.isOn(now)) return false;
    if (now >= this.#until + rememberedMs) this.#level = 0;
    // Up to a tenth shorter, so that gateways which were refused together do not come back together.
    this.#until = now + grown(spareMs, maxSpareMs, this.#level) * (1 - this.#context.random() / 10);
    this.#level += 1;
    return true;
  }

  /** It answered. Before the time is over that says nothing: the request may have been there first. */
  end(now: number): void {
    if (!this.isOn(now)) this.#level = 0;
  }

  /** Takes over what the deciding process says; what was seen here and not heard there yet is no less true. */
  adopt(leftMs: number, now: number): void {
    if (leftMs > 0) this.#until = Math.max(this.#until, now + leftMs);
  }
}
