import type { Clock } from '../../canonical/clock.ts';
import type {
  LimitClaim,
  LimitCost,
  LimitReservation,
  LimitRule,
  LimitVerdict,
  ReservingLimitStore,
  SlidingWindowRule,
} from '../limit-store.ts';
import { SlidingWindow } from './sliding-window.ts';
import { TokenBucket } from './token-bucket.ts';

export interface MemoryLimitStoreInput {
  readonly clock: Pick<Clock, 'now'>;
  /** Counters kept over all rules; the least recently used goes first. At least 16. */
  readonly maxKeys?: number;
}

export interface MemoryLimitStore extends ReservingLimitStore {
  take(claims: readonly LimitClaim[]): LimitVerdict;
  reserve(claims: readonly LimitClaim[]): LimitReservation;
  /** Counts what was used of windows before this process began. */
  restore(uses: readonly PastUse[]): void;
  /** Counters kept now. */
  size(): number;
}

/** Units of a counter that were used at a time. */
export interface PastUse {
  readonly rule: SlidingWindowRule;
  readonly key: string;
  readonly units: number;
  /** Milliseconds since then. */
  readonly ageMs: number;
}

/** Counts limits in this process's memory. Every answer is immediate. */
export function createMemoryLimitStore(input: MemoryLimitStoreInput): MemoryLimitStore {
  return new CounterTable(input.clock, Math.max(16, input.maxKeys ?? 100_000));
}

const unlimited: LimitVerdict = {
  allowed: true,
  ruleId: '',
  limit: Number.MAX_SAFE_INTEGER,
  remaining: Number.MAX_SAFE_INTEGER,
  resetMs: 0,
  retryAfterMs: 0,
};

type Counter = SlidingWindow | TokenBucket;

/** A counter in its place: a link of the ring that is ordered by last use. */
interface Entry {
  readonly ruleId: string;
  readonly key: string;
  counter: Counter;
  /** The rule object last seen; another object may carry other numbers. */
  rule: LimitRule;
  newer: Entry;
  older: Entry;
}

class CounterTable implements MemoryLimitStore {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #maxKeys: number;
  readonly #byRule = new Map<string, Map<string, Entry>>();
  /** `ring.older` is the most recently used, `ring.newer` the least. */
  readonly #ring: Entry;
  #size = 0;

  constructor(clock: Pick<Clock, 'now'>, maxKeys: number) {
    this.#clock = clock;
    this.#maxKeys = maxKeys;
    const rule: LimitRule = { id: '', algorithm: 'token_bucket', capacity: 0, refillPerSecond: 0 };
    const ring = { ruleId: '', key: '', counter: new TokenBucket(rule, 0), rule } as Entry;
    ring.newer = ring;
    ring.older = ring;
    this.#ring = ring;
  }

  take(claims: readonly LimitClaim[]): LimitVerdict {
    if (claims.length === 0) return unlimited;
    const now = this.#clock.now();
    const counters = new Array<Counter>(claims.length);
    const refusal = this.#offerAll(claims, counters, now);
    if (refusal !== undefined) return refusal;
    for (const counter of counters) counter.commit(now);
    return leastLeft(claims, counters, now);
  }

  reserve(claims: readonly LimitClaim[]): LimitReservation {
    if (claims.length === 0) return new RefusedClaims(unlimited);
    const now = this.#clock.now();
    const counters = new Array<Counter>(claims.length);
    const refusal = this.#offerAll(claims, counters, now);
    if (refusal !== undefined) return new RefusedClaims(refusal);
    const moments = new Array<number>(counters.length);
    for (let index = 0; index < counters.length; index += 1) moments[index] = counters[index]!.commit(now);
    const verdict = leastLeft(claims, counters, now);
    return new CountedClaims({ verdict, claims, counters, moments, clock: this.#clock });
  }

  restore(uses: readonly PastUse[]): void {
    const now = this.#clock.now();
    for (const { ageMs, key, rule, units } of uses) {
      const { counter } = this.#entryOf(rule, key, now);
      if (counter.algorithm === 'sliding_window') counter.restore(units, now - ageMs);
    }
  }

  size(): number {
    return this.#size;
  }

  /**
   * Asks whether all claims can pass, and notes the counter of each. Where one cannot, nothing is left of any, and the
   * verdict is of that which has to wait longest.
   */
  #offerAll(claims: readonly LimitClaim[], counters: Counter[], now: number): LimitVerdict | undefined {
    let refused = -1;
    let retryAfterMs = 0;
    for (let index = 0; index < claims.length; index += 1) {
      const { cost, key, rule } = claims[index]!;
      const { counter } = this.#entryOf(rule, key, now);
      counters[index] = counter;
      // A counter of which nothing is wanted yet would be idle to the next claim, and might go.
      const waitMs = counter.offer(cost, now);
      if (waitMs <= retryAfterMs) continue;
      retryAfterMs = waitMs;
      refused = index;
    }
    if (refused < 0) return undefined;
    for (const counter of counters) counter.withdraw();
    return verdictOf(claims[refused]!, counters[refused]!, now, retryAfterMs);
  }

  #entryOf(rule: LimitRule, key: string, now: number): Entry {
    const entry = this.#byRule.get(rule.id)?.get(key);
    if (entry === undefined) return this.#create(rule, key, now);
    if (entry.rule !== rule) adoptRule(entry, rule, now);
    if (this.#ring.older !== entry) {
      unlink(entry);
      this.#linkAsNewest(entry);
    }
    return entry;
  }

  #create(rule: LimitRule, key: string, now: number): Entry {
    this.#dropStale(now);
    const entry = { ruleId: rule.id, key, counter: createCounter(rule, now), rule } as Entry;
    this.#linkAsNewest(entry);
    let keys = this.#byRule.get(rule.id);
    if (keys === undefined) {
      keys = new Map();
      this.#byRule.set(rule.id, keys);
    }
    keys.set(key, entry);
    this.#size += 1;
    return entry;
  }

  /** Each new key pays for looking at two old ones, so idle counters go without a timer. */
  #dropStale(now: number): void {
    for (let looked = 0; looked < 2; looked += 1) {
      const oldest = this.#ring.newer;
      if (oldest === this.#ring || !(this.#size >= this.#maxKeys || oldest.counter.isIdle(now))) return;
      unlink(oldest);
      this.#size -= 1;
      const keys = this.#byRule.get(oldest.ruleId);
      keys?.delete(oldest.key);
      if (keys?.size === 0) this.#byRule.delete(oldest.ruleId);
    }
  }

  #linkAsNewest(entry: Entry): void {
    const ring = this.#ring;
    entry.older = ring.older;
    entry.newer = ring;
    ring.older.newer = entry;
    ring.older = entry;
  }
}

/** What is told of claims that were counted. */
function leastLeft(claims: readonly LimitClaim[], counters: readonly Counter[], now: number): LimitVerdict {
  let named = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < counters.length; index += 1) {
    const remaining = counters[index]!.remaining(now);
    if (remaining >= least) continue;
    least = remaining;
    named = index;
  }
  return verdictOf(claims[named]!, counters[named]!, now, 0);
}

function verdictOf({ rule }: LimitClaim, counter: Counter, now: number, retryAfterMs: number): LimitVerdict {
  return {
    allowed: retryAfterMs === 0,
    ruleId: rule.id,
    limit: counter.limit,
    remaining: counter.remaining(now),
    resetMs: counter.resetMs(now),
    retryAfterMs,
  };
}

/** Nothing was counted: the claims were refused, or there were none. */
class RefusedClaims implements LimitReservation {
  readonly verdict: LimitVerdict;

  constructor(verdict: LimitVerdict) {
    this.verdict = verdict;
  }

  settle(): void {}
}

interface CountedInput {
  readonly verdict: LimitVerdict;
  readonly claims: readonly LimitClaim[];
  /** That of each claim. Those that were replaced meanwhile are settled all the same, which nobody sees. */
  readonly counters: readonly Counter[];
  /** By which each counter finds its claim again. */
  readonly moments: readonly number[];
  readonly clock: Pick<Clock, 'now'>;
}

class CountedClaims implements LimitReservation {
  readonly verdict: LimitVerdict;
  #input: CountedInput | undefined;

  constructor(input: CountedInput) {
    this.verdict = input.verdict;
    this.#input = input;
  }

  settle(costs: readonly LimitCost[]): void {
    if (this.#input === undefined) return;
    const { claims, clock, counters, moments } = this.#input;
    this.#input = undefined;
    const now = clock.now();
    for (let index = 0; index < counters.length; index += 1) {
      const { cost } = claims[index]!;
      const actual = costs[index] ?? cost;
      if (actual !== cost) counters[index]!.settle(moments[index]!, cost, actual, now);
    }
  }
}

function unlink(entry: Entry): void {
  entry.older.newer = entry.newer;
  entry.newer.older = entry.older;
}

function createCounter(rule: LimitRule, now: number): Counter {
  return rule.algorithm === 'sliding_window' ? new SlidingWindow(rule) : new TokenBucket(rule, now);
}

function adoptRule(entry: Entry, rule: LimitRule, now: number): void {
  entry.rule = rule;
  if (rule.algorithm === 'sliding_window' && entry.counter.algorithm === 'sliding_window') entry.counter.adopt(rule);
  else if (rule.algorithm === 'token_bucket' && entry.counter.algorithm === 'token_bucket') {
    entry.counter.adopt(rule, now);
  } else entry.counter = createCounter(rule, now);
}
