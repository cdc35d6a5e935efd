import type { Clock } from '../../canonical/clock.ts';
import type { SpendAmount, SpendClaim } from '../spend-store.ts';
import { windowEnd, windowStart } from '../spend-window.ts';

/** Longer than replicas' clocks are apart and than a late cost is late, in milliseconds. */
const DAY_MS = 86_400_000;
/** Counters of which is remembered what was heard; past it those that were not heard of for longest are forgotten. */
const maxHeard = 100_000;

interface Heard {
  readonly amount: SpendAmount;
  isNews: boolean;
}

/** What a counter is called, in a window that began then. */
interface CounterNames {
  readonly start: number;
  readonly name: string;
  readonly sums: string;
  readonly leases: string;
}

/** Where the counters of claims are kept and for how long, and what was last heard of each. */
export class SpendKeys {
  readonly #prefix: string;
  readonly #clock: Pick<Clock, 'wallNow'>;
  readonly #leaseMs: number;
  readonly #heard = new Map<string, Heard>();
  /** Of claims, which requests of one key have in common. */
  readonly #names = new WeakMap<SpendClaim, CounterNames>();

  constructor(prefix: string, clock: Pick<Clock, 'wallNow'>, leaseMs: number) {
    this.#prefix = prefix;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  /** When the windows of these claims began. */
  starts(claims: readonly SpendClaim[]): readonly number[] {
    const wallNow = this.#clock.wallNow();
    return claims.map(({ cap }) => windowStart(cap.window, wallNow));
  }

  /** The two keys of each counter. */
  names(claims: readonly SpendClaim[], starts: readonly number[]): string[] {
    return claims.flatMap((claim, index) => {
      const { leases, sums } = this.#namesOf(claim, starts[index]!);
      return [sums, leases];
    });
  }

  /**
   * The parameters with which the scripts find a counter. `floor`: nano-dollars that the server has said to be spent, so
   * that one that forgot goes on from there.
   */
  parameters(claim: SpendClaim, start: number): readonly [rolling: string, life: string, floor: string] {
    const { window } = claim.cap;
    // What a window that rolls has seen becomes less by itself.
    if (window.kind === 'rolling') {
      return [String(window.ms), String(Math.ceil(window.ms + this.#leaseMs + DAY_MS)), '0'];
    }
    const floor = String(this.#heard.get(this.#namesOf(claim, start).name)?.amount.nanos ?? 0);
    if (window.kind === 'total') return ['0', '0', floor];
    const left = Math.max(0, windowEnd(window, start) - this.#clock.wallNow());
    return ['0', String(Math.ceil(left + this.#leaseMs + DAY_MS)), floor];
  }

  /** Remembers what the server said to be spent of a counter. */
  hear(claim: SpendClaim, start: number, nanos: number): void {
    const { name } = this.#namesOf(claim, start);
    // Taken out first, so that it becomes the latest.
    if (!this.#heard.delete(name) && this.#heard.size >= maxHeard) this.#heard.delete(this.#heard.keys().next().value!);
    this.#heard.set(name, { amount: { cap: claim.cap, key: claim.key, start, nanos }, isNews: true });
  }

  /** What was heard of these since this was last asked. */
  news(claims: readonly SpendClaim[], starts: readonly number[]): readonly SpendAmount[] {
    const news: SpendAmount[] = [];
    for (const [index, claim] of claims.entries()) {
      const heard = this.#heard.get(this.#namesOf(claim, starts[index]!).name);
      if (!heard?.isNews) continue;
      heard.isNews = false;
      news.push(heard.amount);
    }
    return news;
  }

  /** The name under which something is done once. */
  once(id: string): string {
    return `${this.#prefix}spend:once:${id}`;
  }

  #namesOf(claim: SpendClaim, start: number): CounterNames {
    const known = this.#names.get(claim);
    if (known?.start === start) return known;
    const name = nameOf(claim, start);
    const [sums, leases] = [`${this.#prefix}spend:sums:${name}`, `${this.#prefix}spend:leases:${name}`];
    const names = { start, name, sums, leases };
    this.#names.set(claim, names);
    return names;
  }
}

function nameOf({ cap: { id, window }, key }: SpendClaim, start: number): string {
  const kept = window.kind === 'calendar' ? `${window.period}:${start}` : window.kind;
  const length = window.kind === 'rolling' ? `:${window.ms}` : '';
  // The length of the id keeps `a` and `b:c` apart from `a:b` and `c`.
  return `${kept}${length}:${id.length}:${id}:${key}`;
}
