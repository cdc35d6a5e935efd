import type { Clock } from '../../canonical/clock.ts';
import type { LimitClaim, LimitRule, LimitVerdict } from '../limit-store.ts';

type WindowRule = Extract<LimitRule, { algorithm: 'sliding_window' }>;

/** A claim on a window: only those can be leased without letting more than the limit into any of them. */
export interface WindowClaim extends LimitClaim {
  readonly rule: WindowRule;
}

export interface LimitLeasesInput {
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  /** Has units counted ahead; answers whether, the moment they count at, what remains, milliseconds to full. */
  readonly lease: (claim: WindowClaim, units: number, aheadMs: number) => Promise<readonly unknown[]>;
  /** Tells how many units of a lease were used. */
  readonly giveBack: (claim: WindowClaim, moment: string, used: number) => void;
}

/** Milliseconds that a lot may be used. */
const leaseMs = 500;
/** Part of a limit that is a lot, and the fewest units that are worth one: it costs two calls by itself. */
const share = 0.02;
const leastLot = 8;
/** Calls within the time of a lot that make a counter a busy one. */
const busyCalls = 4;
/** Counters that are watched. */
const maxCounters = 10_000;

interface Counter {
  readonly claim: WindowClaim;
  /** Units that may be used here, until when, and the moment at which they are counted. */
  left: number;
  until: number;
  moment: string;
  used: number;
  remaining: number;
  resetAt: number;
  /** Calls since a moment that asked Redis. */
  calls: number;
  since: number;
  isAsking: boolean;
}

/** Lots of units that this process may use without asking. */
export class LimitLeases {
  readonly #input: LimitLeasesInput;
  /** By rule, which a reload makes anew: what is leased under an old one is given back in its time. */
  readonly #counters = new Map<LimitRule, Map<string, Counter>>();
  #size = 0;

  constructor(input: LimitLeasesInput) {
    this.#input = input;
  }

  /** Passes claims that are all leased; undefined where Redis has to be asked. */
  take(claims: readonly LimitClaim[]): LimitVerdict | undefined {
    if (this.#size === 0 || claims.length === 0) return undefined;
    const now = this.#input.clock.now();
    let least: Counter | undefined;
    for (const { rule, key, cost } of claims) {
      const counter = this.#counters.get(rule)?.get(key);
      if (counter === undefined || cost < 0 || counter.left < cost || now >= counter.until) return undefined;
      if (least === undefined || counter.remaining < least.remaining) least = counter;
    }
    // The same counter twice in one call is for Redis to count.
    if (least === undefined || isRepeated(claims)) return undefined;
    for (const { rule, key, cost } of claims) this.#use(this.#counters.get(rule)!.get(key)!, Math.ceil(cost));
    const { claim, remaining, resetAt } = least;
    return {
      allowed: true,
      ruleId: claim.rule.id,
      limit: claim.rule.limit,
      remaining,
      resetMs: Math.max(0, Math.ceil(resetAt - now)),
      retryAfterMs: 0,
    };
  }

  /** Redis was asked about these: those that are busy are leased for the next ones. */
  counted(claims: readonly LimitClaim[]): void {
    const now = this.#input.clock.now();
    for (const claim of claims) {
      if (!isWindowClaim(claim) || lotOf(claim.rule) < leastLot) continue;
      const counter = this.#watched(claim, now);
      if (counter === undefined) continue;
      if (now - counter.since > leaseMs) {
        counter.since = now;
        counter.calls = 0;
      }
      counter.calls += 1;
      if (counter.calls >= busyCalls) this.#lease(counter);
    }
  }

  #use(counter: Counter, units: number): void {
    counter.left -= units;
    counter.used += units;
    counter.remaining = Math.max(0, counter.remaining - units);
  }

  #watched(claim: WindowClaim, now: number): Counter | undefined {
    let keys = this.#counters.get(claim.rule);
    if (keys === undefined) {
      keys = new Map();
      this.#counters.set(claim.rule, keys);
    }
    const known = keys.get(claim.key);
    if (known !== undefined) return known;
    if (this.#size >= maxCounters) this.#forgetQuiet(now);
    if (this.#size >= maxCounters) return undefined;
    const counter: Counter = {
      ...{ claim, left: 0, until: 0, moment: '', used: 0, remaining: 0, resetAt: 0 },
      ...{ calls: 0, since: now, isAsking: false },
    };
    keys.set(claim.key, counter);
    this.#counters.set(claim.rule, keys);
    this.#size += 1;
    return counter;
  }

  #lease(counter: Counter): void {
    const { clock, lease } = this.#input;
    const asked = clock.now();
    // A lot that is not used up lasts until its end; one that is makes room for the next.
    if (counter.isAsking || (counter.left > 0 && asked < counter.until)) return;
    counter.isAsking = true;
    const units = lotOf(counter.claim.rule);
    lease(counter.claim, units, leaseMs).then(
      ([isLeased, moment, remaining, resetMs]) => {
        counter.isAsking = false;
        if (isLeased !== 1) {
          // Nearly spent: every unit is counted where all see it, and asked for again a moment later at the earliest.
          counter.calls = 0;
          return;
        }
        const own = { moment: String(moment), until: asked + leaseMs };
        Object.assign(counter, own, { left: units, used: 0, remaining: Number(remaining) });
        counter.resetAt = asked + Number(resetMs);
        clock.schedule(() => this.#end(counter, own, units), own.until - clock.now());
      },
      () => {
        counter.isAsking = false;
        counter.calls = 0;
      },
    );
  }

  #end(counter: Counter, { moment }: { readonly moment: string }, units: number): void {
    // Another lot took its place, which happens only when all of it was used.
    if (counter.moment !== moment) return;
    const { used, claim } = counter;
    counter.left = 0;
    counter.moment = '';
    if (used < units) this.#input.giveBack({ ...claim, cost: units }, moment, used);
  }

  #forgetQuiet(now: number): void {
    for (const [rule, keys] of this.#counters) {
      for (const [key, { since, moment, isAsking }] of keys) {
        if (isAsking || moment !== '' || now - since <= leaseMs) continue;
        keys.delete(key);
        this.#size -= 1;
      }
      if (keys.size === 0) this.#counters.delete(rule);
    }
  }
}

function isWindowClaim(claim: LimitClaim): claim is WindowClaim {
  return claim.rule.algorithm === 'sliding_window';
}

function isRepeated(claims: readonly LimitClaim[]): boolean {
  return claims.some(({ rule, key }, index) =>
    claims.some((other, at) => at < index && other.rule === rule && other.key === key),
  );
}

function lotOf({ limit }: WindowRule): number {
  return Math.floor(limit * share);
}
