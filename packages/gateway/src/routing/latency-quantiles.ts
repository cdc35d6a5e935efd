/** How long a route's targets usually take to their first token. */
export interface RouteLatency {
  observe(ms: number): void;
  /**
   * Milliseconds that so large a share of the requests of the last five to ten minutes stayed below, within five
   * percent. Undefined while they are fewer than 20.
   *
   * @param share between 0 and 1
   */
  quantile(share: number): number | undefined;
}

/** Latencies by route, over reloads too. */
export interface RouteLatencies {
  of(routeId: string): RouteLatency;
}

/** Bounds of neighbouring buckets differ by this factor; a bucket's middle is off by its root at most. */
const GROWTH = 1.1;
const SHORTEST_MS = 1;
/** The last bucket begins at a quarter of an hour, beyond which nothing is told apart. */
const BUCKETS = 146;
const WINDOW_MS = 300_000;
const LEAST_SAMPLES = 20;
/** Routes kept at most; the oldest is forgotten first. */
const MAX_ROUTES = 1_024;

const perBucket = 1 / Math.log(GROWTH);
const middles = Float64Array.from({ length: BUCKETS }, (_value, index) => SHORTEST_MS * GROWTH ** (index + 0.5));

/** @param now monotonic milliseconds */
export function createRouteLatencies({ now }: { readonly now: () => number }): RouteLatencies {
  const byRoute = new Map<string, RouteLatency>();
  return {
    of(routeId) {
      let latency = byRoute.get(routeId);
      if (latency === undefined) {
        latency = new LatencyHistogram(now);
        if (byRoute.size >= MAX_ROUTES) byRoute.delete(byRoute.keys().next().value!);
        byRoute.set(routeId, latency);
      }
      return latency;
    },
  };
}

/** Counts by size, in two windows of which the older is thrown away when the newer is full. */
class LatencyHistogram implements RouteLatency {
  readonly #now: () => number;
  #counts = new Uint32Array(BUCKETS);
  #before = new Uint32Array(BUCKETS);
  #samples = 0;
  #samplesBefore = 0;
  #startedAt: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  observe(ms: number): void {
    if (!(ms >= 0)) return;
    this.#turn();
    const bucket = ms <= SHORTEST_MS ? 0 : Math.floor(Math.log(ms / SHORTEST_MS) * perBucket);
    this.#counts[Math.min(bucket, BUCKETS - 1)]!++;
    this.#samples++;
  }

  quantile(share: number): number | undefined {
    this.#turn();
    const samples = this.#samples + this.#samplesBefore;
    if (samples < LEAST_SAMPLES) return undefined;
    let left = Math.max(1, Math.ceil(share * samples));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket]! + this.#before[bucket]!;
      if (left <= 0) return middles[bucket]!;
    }
    return middles[BUCKETS - 1]!;
  }

  #turn(): void {
    const ageMs = this.#now() - this.#startedAt;
    if (ageMs < WINDOW_MS) return;
    const emptied = this.#before;
    emptied.fill(0);
    // After two windows without a word nothing of either is recent.
    if (ageMs >= 2 * WINDOW_MS) this.#counts.fill(0);
    this.#before = this.#counts;
    this.#samplesBefore = ageMs >= 2 * WINDOW_MS ? 0 : this.#samples;
    this.#counts = emptied;
    this.#samples = 0;
    this.#startedAt += Math.floor(ageMs / WINDOW_MS) * WINDOW_MS;
  }
}
