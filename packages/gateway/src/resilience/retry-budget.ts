export interface RetryBudgetSettings {
  /** Further attempts at most, in percent of the requests of the last ten seconds. */
  readonly percent: number;
  /** Further attempts that are allowed within ten seconds however few the requests. */
  readonly floor: number;
}

/**
 * How many attempts beyond the first of each request a route may make. While an upstream fails for everybody, repeats
 * multiply the load that keeps it down; so they may only ever be a share of the requests. All times are monotonic
 * milliseconds.
 */
export interface RetryBudget {
  /** A request makes its first attempt. */
  noteRequest(nowMs: number): void;
  /** Takes one further attempt; false when none is left. */
  tryTake(nowMs: number): boolean;
  /** Counts a further attempt that is made though none is left. */
  overdraw(nowMs: number): void;
  /** Whether one could be taken now. */
  hasRoom(nowMs: number): boolean;
}

export interface RetryBudgets {
  /** The budget of a route, by its id. The same over and over, so that what was spent stays spent. */
  of(routeId: string): RetryBudget;
}

/** Routes whose spending is remembered; the one first seen is forgotten first, and starts anew. */
const maxRoutes = 4096;

/** Creates the budgets of one process: with several workers, each has its own share of requests, and a floor of its own. */
export function createRetryBudgets(settings: Partial<RetryBudgetSettings> = {}): RetryBudgets {
  const { percent = 20, floor = 10 } = settings;
  const byRoute = new Map<string, RetryBudget>();
  return {
    of(routeId) {
      let budget = byRoute.get(routeId);
      if (budget === undefined) {
        budget = new SlidingBudget({ percent, floor });
        if (byRoute.size >= maxRoutes) byRoute.delete(byRoute.keys().next().value!);
        byRoute.set(routeId, budget);
      }
      return budget;
    },
  };
}

const bucketMs = 1_000;
const bucketCount = 10;

/** Counts by the second over ten of them; what is older than that is gone. */
class SlidingBudget implements RetryBudget {
  readonly #percent: number;
  readonly #floor: number;
  readonly #requests = new Uint32Array(bucketCount);
  readonly #taken = new Uint32Array(bucketCount);
  #requestSum = 0;
  #takenSum = 0;
  /** The second that is being counted, since the clock's zero. */
  #second = 0;

  constructor({ percent, floor }: RetryBudgetSettings) {
    this.#percent = percent;
    this.#floor = floor;
  }

  noteRequest(nowMs: number): void {
    this.#requests[this.#slotOf(nowMs)]! += 1;
    this.#requestSum += 1;
  }

  tryTake(nowMs: number): boolean {
    if (!this.hasRoom(nowMs)) return false;
    this.overdraw(nowMs);
    return true;
  }

  overdraw(nowMs: number): void {
    this.#taken[this.#slotOf(nowMs)]! += 1;
    this.#takenSum += 1;
  }

  hasRoom(nowMs: number): boolean {
    this.#slotOf(nowMs);
    return this.#allowsAnother();
  }

  #allowsAnother(): boolean {
    return this.#takenSum + 1 <= Math.max(this.#floor, (this.#requestSum * this.#percent) / 100);
  }

  /** Index of the second that a time falls into, after the seconds between were emptied. */
  #slotOf(nowMs: number): number {
    const second = Math.floor(nowMs / bucketMs);
    if (second > this.#second) this.#advance(second);
    return this.#second % bucketCount;
  }

  #advance(second: number): void {
    const from = Math.max(this.#second + 1, second - bucketCount + 1);
    for (let passed = from; passed <= second; passed++) {
      const slot = passed % bucketCount;
      this.#requestSum -= this.#requests[slot]!;
      this.#takenSum -= this.#taken[slot]!;
      this.#requests[slot] = 0;
      this.#taken[slot] = 0;
    }
    this.#second = second;
  }
}
