import type { Clock } from '../../canonical/clock.ts';
import type {
  LimitClaim,
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

/** A counter in its place: a link of the ring that is ordered by last use. */
interface Entry {
  readonly ruleId: string;
  readonly key: string;
  counter: SlidingWindow | TokenBucket;
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
  /** Entries of the claims of one call, kept to spare an allocation. */
  readonly #touched: Entry[] = [];

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
    const verdict = this.#take(claims, this.#clock.now());
    this.#touched.length = 0;
    return verdict;
  }

  reserve(claims: readonly LimitClaim[]): LimitReservation {
    if (claims.length === 0) return new CountedClaims(unlimited, claims, [], this.#clock);
    const now = this.#clock.now();
    const verdict = this.#take(claims, now);
    const places = verdict.allowed
      ? this.#touched.map(({ counter }): Place => ({ counter, at: counter.commit(now) }))
      : [];
    this.#touched.length = 0;
    return new CountedClaims(verdict, claims, places, this.#clock);
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

  #take(claims: readonly LimitClaim[], now: number): LimitVerdict {
    let refused: Entry | undefined;
    let retryAfterMs = 0;
    for (let index = 0; index < claims.length; index += 1) {
      const claim = claims[index]!;
      const entry = this.#entryOf(claim.rule, claim.key, now);
      this.#touched[index] = entry;
      const waitMs = entry.counter.offer(claim.cost, now);
      if (waitMs > retryAfterMs) {
        retryAfterMs = waitMs;
        refused = entry;
      }
    }
    return this.#conclude(claims.length, refused, retryAfterMs, now);
  }

  #conclude(length: number, refused: Entry | undefined, retryAfterMs: number, now: number): LimitVerdict {
    let named = refused;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < length; index += 1) {
      const entry = this.#touched[index]!;
      if (refused !== undefined) {
        entry.counter.withdraw();
        continue;
      }
      entry.counter.commit(now);
      const remaining = entry.counter.remaining(now);
      if (remaining < least) {
        least = remaining;
        named = entry;
      }
    }
    const { counter, ruleId } = named!;
    return {
      allowed: refused === undefined,
      ruleId,
      limit: counter.limit,
      remaining: counter.remaining(now),
      resetMs: counter.resetMs(now),
      retryAfterMs,
    };
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

/** Where a claim was counted. Counters that were replaced meanwhile are settled all the same, which nobody sees. */
interface Place {
  readonly counter: SlidingWindow | TokenBucket;
  readonly at: number;
}

class CountedClaims implements LimitReservation {
  readonly verdict: LimitVerdict;
  readonly #claims: readonly LimitClaim[];
  readonly #clock: Pick<Clock, 'now'>;
  #places: readonly Place[];

  constructor(
    verdict: LimitVerdict,
    claims: readonly LimitClaim[],
    places: readonly Place[],
    clock: Pick<Clock, 'now'>,
  ) {
    this.verdict = verdict;
    this.#claims = claims;
    this.#places = places;
    this.#clock = clock;
  }

  settle(costs: readonly number[]): void {
    const places = this.#places;
    this.#places = [];
    const now = this.#clock.now();
    for (const [index, { counter, at }] of places.entries()) {
      const { cost } = this.#claims[index]!;
      counter.settle(at, cost, costs[index] ?? cost, now);
    }
  }
}

function unlink(entry: Entry): void {
  entry.older.newer = entry.newer;
  entry.newer.older = entry.older;
}

function createCounter(rule: LimitRule, now: number): SlidingWindow | TokenBucket {
  return rule.algorithm === 'sliding_window' ? new SlidingWindow(rule) : new TokenBucket(rule, now);
}

function adoptRule(entry: Entry, rule: LimitRule, now: number): void {
  entry.rule = rule;
  if (rule.algorithm === 'sliding_window' && entry.counter.algorithm === 'sliding_window') entry.counter.adopt(rule);
  else if (rule.algorithm === 'token_bucket' && entry.counter.algorithm === 'token_bucket') {
    entry.counter.adopt(rule, now);
  } else entry.counter = createCounter(rule, now);
}
