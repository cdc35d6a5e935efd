import type { Clock } from '../../canonical/clock.ts';
import type {
  LimitClaim,
  LimitCost,
  LimitReservation,
  LimitRule,
  LimitVerdict,
  ReservingLimitStore,
} from '../limit-store.ts';
import { LimitLeases, type WindowClaim } from './limit-leases.ts';
import { leaseScript, settleScript, takeScript } from './limit-scripts.ts';
import type { RedisConnection } from './redis-connection.ts';
import { storeIsAway } from './store-is-away.ts';

export interface RedisLimitStoreInput {
  readonly connection: Pick<RedisConnection, 'isAnswering' | 'run'>;
  /** Counts, for this process alone, while Redis does not answer. */
  readonly fallback: ReservingLimitStore;
  /** Before the names of all keys. Braces in it keep them in one slot of a Redis cluster. */
  readonly prefix: string;
  /**
   * Lets a process count requests of busy windows by itself for a moment, in small lots that Redis has counted before.
   * No more than the limit passes all the same; near the limit somebody may be refused for units that another replica
   * holds, for as long as a lot lasts. Left out: every call asks Redis.
   */
  readonly leases?: { readonly clock: Pick<Clock, 'now' | 'schedule'> };
  /** Milliseconds that take the place of the server's time; for tests. */
  readonly serverTime?: () => number;
}

/**
 * Counts limits in Redis, for all replicas together and by the server's time: one script call for all claims of a
 * request. While Redis is away, each rule says what becomes of its claims.
 */
export function createRedisLimitStore(input: RedisLimitStoreInput): ReservingLimitStore {
  return new SharedLimits(input);
}

class SharedLimits implements ReservingLimitStore {
  readonly #input: RedisLimitStoreInput;
  readonly #names: CounterNames;
  readonly #leases: LimitLeases | undefined;

  constructor(input: RedisLimitStoreInput) {
    this.#input = input;
    this.#names = new CounterNames(input.prefix);
    this.#leases =
      input.leases &&
      new LimitLeases({
        clock: input.leases.clock,
        lease: (claim, units, aheadMs) => this.#lease(claim, units, aheadMs),
        giveBack: (claim, moment, used) => this.#settle([claim], [moment], [used]),
      });
  }

  take(claims: readonly LimitClaim[]): LimitVerdict | Promise<LimitVerdict> {
    const leased = this.#leases?.take(claims);
    if (leased !== undefined) return leased;
    return this.#shouldAsk(claims) ? this.#takeShared(claims) : this.#input.fallback.take(openOnes(claims));
  }

  reserve(claims: readonly LimitClaim[]): LimitReservation | Promise<LimitReservation> {
    return this.#shouldAsk(claims) ? this.#reserveShared(claims) : this.#input.fallback.reserve(openOnes(claims));
  }

  #shouldAsk(claims: readonly LimitClaim[]): boolean {
    return claims.length > 0 && this.#input.connection.isAnswering();
  }

  async #takeShared(claims: readonly LimitClaim[]): Promise<LimitVerdict> {
    let answer: readonly unknown[];
    try {
      answer = await this.#ask(claims);
    } catch {
      return this.#input.fallback.take(openOnes(claims));
    }
    this.#leases?.counted(claims);
    return verdictOf(answer, claims);
  }

  async #reserveShared(claims: readonly LimitClaim[]): Promise<LimitReservation> {
    let answer: readonly unknown[];
    try {
      answer = await this.#ask(claims);
    } catch {
      return this.#input.fallback.reserve(openOnes(claims));
    }
    const moments = answer.slice(5) as string[];
    return new SharedClaims(verdictOf(answer, claims), (costs) => this.#settle(claims, moments, costs));
  }

  async #ask(claims: readonly LimitClaim[]): Promise<readonly unknown[]> {
    const keys: string[] = [];
    const parameters = [this.#time()];
    for (const { rule, key, cost } of claims) {
      this.#names.addKeys(keys, rule, key);
      addRule(parameters, rule);
      parameters.push(String(cost));
    }
    return (await this.#input.connection.run(takeScript, keys, parameters)) as readonly unknown[];
  }

  async #lease({ rule, key }: WindowClaim, units: number, aheadMs: number): Promise<readonly unknown[]> {
    const keys: string[] = [];
    this.#names.addKeys(keys, rule, key);
    const parameters = [this.#time(), String(rule.limit), String(rule.windowMs), String(units), String(aheadMs)];
    return (await this.#input.connection.run(leaseScript, keys, parameters)) as readonly unknown[];
  }

  #settle(claims: readonly LimitClaim[], moments: readonly string[], costs: readonly LimitCost[]): void {
    const keys: string[] = [];
    const parameters = [this.#time()];
    for (const [index, { rule, key, cost }] of claims.entries()) {
      const actual = costs[index] ?? cost;
      if (actual === cost) continue;
      this.#names.addKeys(keys, rule, key);
      addRule(parameters, rule);
      parameters.push(String(cost), moments[index]!, String(actual));
    }
    // What is not said while Redis is away stays counted as it was claimed, until it leaves the window.
    if (keys.length > 0) this.#input.connection.run(settleScript, keys, parameters).catch(() => undefined);
  }

  #time(): string {
    return this.#input.serverTime === undefined ? '' : String(this.#input.serverTime());
  }
}

/** Counters whose names are remembered. */
const maxNames = 10_000;

/** Two keys for each counter; the second one is used by windows only. */
class CounterNames {
  readonly #prefix: string;
  #known = new Map<LimitRule, Map<string, readonly [string, string]>>();
  #size = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  addKeys(keys: string[], rule: LimitRule, key: string): void {
    const [counter, units] = this.#known.get(rule)?.get(key) ?? this.#learn(rule, key);
    keys.push(counter, units);
  }

  #learn(rule: LimitRule, key: string): readonly [string, string] {
    const kind = rule.algorithm === 'sliding_window' ? 'w' : 'b';
    // The length of the id keeps `a` and `b:c` apart from `a:b` and `c`.
    const name = `${rule.id.length}:${rule.id}:${key}`;
    const names = [`${this.#prefix}limit:${kind}:${name}`, `${this.#prefix}limit:units:${name}`] as const;
    if (this.#size >= maxNames) {
      this.#known = new Map();
      this.#size = 0;
    }
    const ofRule = this.#known.get(rule) ?? new Map<string, readonly [string, string]>();
    this.#known.set(rule, ofRule.set(key, names));
    this.#size += 1;
    return names;
  }
}

function addRule(parameters: string[], rule: LimitRule): void {
  if (rule.algorithm === 'sliding_window') parameters.push('w', String(rule.limit), String(rule.windowMs));
  else parameters.push('b', String(rule.capacity), String(rule.refillPerSecond / 1000));
}

/** Throws when one of the claims may not pass uncounted by all. */
function openOnes(claims: readonly LimitClaim[]): readonly LimitClaim[] {
  for (const { rule } of claims) {
    if (rule.whenStoreIsAway !== 'closed') continue;
    throw storeIsAway('A limit');
  }
  return claims;
}

function verdictOf(answer: readonly unknown[], claims: readonly LimitClaim[]): LimitVerdict {
  const { rule } = claims[Number(answer[1])]!;
  return {
    allowed: answer[0] === 1,
    ruleId: rule.id,
    limit: rule.algorithm === 'sliding_window' ? rule.limit : rule.capacity,
    remaining: Number(answer[2]),
    resetMs: Number(answer[3]),
    retryAfterMs: Number(answer[4]),
  };
}

class SharedClaims implements LimitReservation {
  readonly verdict: LimitVerdict;
  #settle: ((costs: readonly LimitCost[]) => void) | undefined;

  constructor(verdict: LimitVerdict, settle: (costs: readonly LimitCost[]) => void) {
    this.verdict = verdict;
    this.#settle = verdict.allowed ? settle : undefined;
  }

  settle(costs: readonly LimitCost[]): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(costs);
  }
}
