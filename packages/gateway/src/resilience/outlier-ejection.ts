import type { Clock } from '../canonical/clock.ts';
import type { OutlierEjectionConfig } from '../config/resilience-config.ts';

export interface OutlierEjectionInput {
  readonly config: OutlierEjectionConfig;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Takes a target out for a while when clearly more of its requests fail than of the others in its tier, even if never
 * enough in a row for its breaker. Nothing runs in the background: a target is judged when one of its requests fails,
 * and it is back once its time is over. Whoever asks should use an ejected target all the same when there is no other.
 */
export interface OutlierEjection {
  /** Tells how an attempt ended. `failed` is for failures that count against a target's health only. */
  note(tierKey: string, targetId: string, failed: boolean): void;
  isEjected(tierKey: string, targetId: string): boolean;
  /** Says which targets each tier has, whether or not they have been asked yet, and forgets all others. */
  retain(tiers: ReadonlyMap<string, Iterable<string>>): void;
}

export function createOutlierEjection({ config, clock }: OutlierEjectionInput): OutlierEjection {
  const tiers = new Map<string, Tier>();
  const tierOf = (key: string): Tier => {
    const known = tiers.get(key);
    if (known !== undefined) return known;
    forgetOldest(tiers, mostTiers);
    const tier = new Tier(config);
    tiers.set(key, tier);
    return tier;
  };
  return {
    note: (tierKey, targetId, failed) => tierOf(tierKey).note(targetId, failed, clock.now()),
    isEjected: (tierKey, targetId) => tiers.get(tierKey)?.isEjected(targetId, clock) === true,
    retain(kept) {
      for (const key of tiers.keys()) if (!kept.has(key)) tiers.delete(key);
      for (const [key, targetIds] of kept) tierOf(key).retain(new Set(targetIds));
    },
  };
}

const mostTiers = 10_000;
const mostTargets = 1_000;
/** An ejection grows to so many times the first one at most. */
const mostTimes = 10;

/** The targets that share the traffic of one priority of a route. */
class Tier {
  readonly #config: OutlierEjectionConfig;
  readonly #members = new Map<string, Member>();
  /** When the last ejection is over; lets `isEjected` skip the rest. */
  #ejectedUntil = 0;

  constructor(config: OutlierEjectionConfig) {
    this.#config = config;
  }

  note(targetId: string, failed: boolean, now: number): void {
    const member = this.#memberOf(targetId);
    member.note(failed, now);
    if (failed && !member.isEjected(now) && this.#isOutlier(member, now) && this.#maySpare(now)) {
      this.#ejectedUntil = Math.max(this.#ejectedUntil, member.eject(now));
    }
  }

  isEjected(targetId: string, clock: Pick<Clock, 'now'>): boolean {
    if (this.#ejectedUntil === 0) return false;
    const now = clock.now();
    if (now >= this.#ejectedUntil) this.#ejectedUntil = 0;
    return this.#members.get(targetId)?.isEjected(now) === true;
  }

  retain(targetIds: ReadonlySet<string>): void {
    for (const id of this.#members.keys()) if (!targetIds.has(id)) this.#members.delete(id);
    for (const id of targetIds) this.#memberOf(id);
  }

  /** Compared with the others that are in use, which together have to be enough to compare with. */
  #isOutlier(member: Member, now: number): boolean {
    const { excessPercent, minRequests } = this.#config;
    const own = member.counts(now);
    let requests = 0;
    let failures = 0;
    for (const other of this.#members.values()) {
      if (other === member || other.isEjected(now)) continue;
      const counts = other.counts(now);
      requests += counts.requests;
      failures += counts.failures;
    }
    if (own.requests < minRequests || requests < minRequests) return false;
    return (own.failures / own.requests - failures / requests) * 100 >= excessPercent;
  }

  /** Whether one more may go of those that the tier has. The last is never an outlier: nobody is left to compare with. */
  #maySpare(now: number): boolean {
    const size = this.#members.size;
    let out = 1;
    for (const member of this.#members.values()) if (member.isEjected(now)) out += 1;
    return out * 100 <= size * this.#config.maxEjectedPercent;
  }

  #memberOf(targetId: string): Member {
    const known = this.#members.get(targetId);
    if (known !== undefined) return known;
    forgetOldest(this.#members, mostTargets);
    const member = new Member(this.#config);
    this.#members.set(targetId, member);
    return member;
  }
}

/** One target of a tier: how its requests ended within the window, in two halves, and when it was out. */
class Member {
  readonly #config: OutlierEjectionConfig;
  #halfFrom = 0;
  #requests = 0;
  #failures = 0;
  #earlierRequests = 0;
  #earlierFailures = 0;
  #ejectedUntil = 0;
  #lastMs = 0;

  constructor(config: OutlierEjectionConfig) {
    this.#config = config;
  }

  isEjected(now: number): boolean {
    return now < this.#ejectedUntil;
  }

  note(failed: boolean, now: number): void {
    this.#turn(now);
    this.#requests += 1;
    if (failed) this.#failures += 1;
  }

  counts(now: number): { readonly requests: number; readonly failures: number } {
    this.#turn(now);
    return { requests: this.#earlierRequests + this.#requests, failures: this.#earlierFailures + this.#failures };
  }

  /** Twice as long as the last time, unless it has done well for as long as it was out then. Answers until when. */
  eject(now: number): number {
    const { ejectionMs } = this.#config;
    const isRepeated = this.#lastMs > 0 && now < this.#ejectedUntil + this.#lastMs;
    this.#lastMs = isRepeated ? Math.min(2 * this.#lastMs, mostTimes * ejectionMs) : ejectionMs;
    this.#ejectedUntil = now + this.#lastMs;
    // When it is back, it is judged by what it does then.
    this.#requests = 0;
    this.#failures = 0;
    this.#earlierRequests = 0;
    this.#earlierFailures = 0;
    return this.#ejectedUntil;
  }

  #turn(now: number): void {
    const halfMs = this.#config.windowMs / 2;
    const elapsedMs = now - this.#halfFrom;
    if (elapsedMs < halfMs) return;
    const isLongAgo = elapsedMs >= 2 * halfMs;
    this.#earlierRequests = isLongAgo ? 0 : this.#requests;
    this.#earlierFailures = isLongAgo ? 0 : this.#failures;
    this.#halfFrom = isLongAgo ? now : this.#halfFrom + halfMs;
    this.#requests = 0;
    this.#failures = 0;
  }
}

/** Makes room for one more entry. */
function forgetOldest(entries: Map<string, unknown>, most: number): void {
  if (entries.size < most) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    break;
  }
}
