/** What an answer's headers say of one limit. Whatever is absent was not said. */
export interface LimitReading {
  readonly limit?: number | undefined;
  readonly remaining?: number | undefined;
  /** Milliseconds until it is full again. */
  readonly resetMs?: number | undefined;
}

/** What an answer's headers say of the limits of its credential and model. */
export interface RateLimitReading {
  readonly requests?: LimitReading | undefined;
  readonly tokens?: LimitReading | undefined;
}

/** How long a reading holds that does not say when its limit is full again: most limits are for a minute. */
const USUAL_RESET_MS = 60_000;

/** What is left of a target's quotas: what its last answer said, less what was sent to it since. */
export class RateLimitLeft {
  readonly #requests = new Window();
  readonly #tokens = new Window();

  /** A request of so many tokens goes out. */
  began(tokens: number, now: number): void {
    this.#requests.spend(1, now);
    this.#tokens.spend(tokens, now);
  }

  read({ requests, tokens }: RateLimitReading, now: number): void {
    if (requests !== undefined) this.#requests.read(requests, now);
    if (tokens !== undefined) this.#tokens.read(tokens, now);
  }

  /**
   * The share of the scarcer quota that a request of so many tokens would leave; 1: all of it, less than 0: it is more
   * than is left. Undefined where nothing is known.
   */
  shareAfter(tokens: number, now: number): number | undefined {
    const ofRequests = this.#requests.shareAfter(1, now);
    const ofTokens = this.#tokens.shareAfter(tokens, now);
    if (ofRequests === undefined) return ofTokens;
    return ofTokens === undefined || ofRequests < ofTokens ? ofRequests : ofTokens;
  }
}

/** One limit. At its reset it is taken to be full, and to be full again every minute until it is read anew. */
class Window {
  /** 0: not known. */
  #limit = 0;
  /** What the last reading left, less what was spent since. */
  #left = 0;
  #resetAt = UNKNOWN;

  read({ limit, remaining, resetMs }: LimitReading, now: number): void {
    if (remaining === undefined || !(remaining >= 0)) return;
    this.#limit = limit !== undefined && limit > 0 ? limit : 0;
    this.#left = remaining;
    this.#resetAt = now + (resetMs ?? USUAL_RESET_MS);
  }

  spend(cost: number, now: number): void {
    if (this.#resetAt === UNKNOWN) return;
    if (now >= this.#resetAt) {
      this.#left = this.#limit;
      this.#resetAt = this.#limit === 0 ? UNKNOWN : now + USUAL_RESET_MS;
    }
    this.#left -= cost;
  }

  shareAfter(cost: number, now: number): number | undefined {
    if (this.#resetAt === UNKNOWN) return undefined;
    const isCurrent = now < this.#resetAt;
    // Without its limit, a reading tells only whether nothing is left.
    if (this.#limit === 0) return isCurrent && this.#left < cost ? -1 : undefined;
    return ((isCurrent ? this.#left : this.#limit) - cost) / this.#limit;
  }
}

const UNKNOWN = Number.NEGATIVE_INFINITY;
