import type { Clock } from '../../canonical/clock.ts';
import type { SpendClaim } from '../spend-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { SpendKeys } from './spend-keys.ts';
import { renewScript } from './spend-scripts.ts';

/** What was set aside in Redis. */
export interface HeldThere {
  readonly claims: readonly SpendClaim[];
  readonly starts: readonly number[];
  /** Its id. */
  readonly own: string;
  readonly estimate: number;
  /** When it was set aside, by the monotonic clock. */
  readonly since: number;
}

export interface SpendLeasesInput {
  readonly connection: Pick<RedisConnection, 'isAnswering' | 'run'>;
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  readonly keys: SpendKeys;
  /** Milliseconds of a lease, renewed every third of it. */
  readonly leaseMs: number;
  /** Milliseconds after which nobody believes any more that it will be settled. */
  readonly longestMs: number;
  /** The first parameter of scripts. */
  readonly time: () => string;
}

/** Reservations that one call renews. */
const batch = 200;

/**
 * Renews what this process has set aside for as long as it is under way. Requests that last less than a third of a lease
 * cost nothing here; the others a part of one call, every third of a lease, for all of them.
 */
export class SpendLeases {
  /** Milliseconds of the lease that a reservation begins with. */
  readonly first: string;
  readonly #input: SpendLeasesInput;
  readonly #pauseMs: number;
  /** The oldest first. */
  readonly #held = new Set<HeldThere>();
  #cancelRenewal: (() => void) | undefined;
  #isClosed = false;

  constructor(input: SpendLeasesInput) {
    this.#input = input;
    this.#pauseMs = input.leaseMs / 3;
    this.first = String(Math.min(input.leaseMs, input.longestMs));
  }

  keep(held: HeldThere): void {
    if (this.#isClosed) return;
    this.#held.add(held);
    this.#cancelRenewal ??= this.#input.clock.schedule(() => void this.#renewAll(), this.#pauseMs);
  }

  end(held: HeldThere): void {
    this.#held.delete(held);
  }

  close(): void {
    this.#isClosed = true;
    this.#held.clear();
    this.#cancelRenewal?.();
  }

  /** Never rejects. */
  async #renewAll(): Promise<void> {
    try {
      for (const due of this.#due()) await this.#renew(due);
    } catch {
      // Two more rounds come before the leases end; those that ended are taken up again.
    }
    this.#cancelRenewal = undefined;
    if (this.#held.size === 0 || this.#isClosed) return;
    this.#cancelRenewal = this.#input.clock.schedule(() => void this.#renewAll(), this.#pauseMs);
  }

  /** Those that are renewed now, in the order of their age. What is settled before its turn is not among them. */
  *#due(): Generator<readonly HeldThere[]> {
    const { clock, longestMs } = this.#input;
    const now = clock.now();
    let due: HeldThere[] = [];
    for (const held of this.#held) {
      const age = now - held.since;
      if (age < this.#pauseMs) break;
      if (age >= longestMs) {
        this.#held.delete(held);
        continue;
      }
      if (due.push(held) < batch) continue;
      yield due;
      due = [];
    }
    if (due.length > 0) yield due;
  }

  async #renew(due: readonly HeldThere[]): Promise<void> {
    const { clock, connection, keys, leaseMs, longestMs, time } = this.#input;
    if (this.#isClosed || !connection.isAnswering()) return;
    const now = clock.now();
    const counters = new Map<string, { readonly names: readonly string[]; readonly parameters: string[] }>();
    for (const { claims, estimate, own, since, starts } of due) {
      const lease = String(Math.min(leaseMs, since + longestMs - now));
      const names = keys.names(claims, starts);
      for (const [index, claim] of claims.entries()) {
        const [sums, leases] = [names[index * 2]!, names[index * 2 + 1]!];
        let counter = counters.get(sums);
        if (counter === undefined) {
          const [, life] = keys.parameters(claim, starts[index]!);
          counter = { names: [sums, leases], parameters: [life] };
          counters.set(sums, counter);
        }
        counter.parameters.push(`${own}:${estimate}`, lease);
      }
    }
    const all = [...counters.values()];
    const parameters = all.flatMap(({ parameters: [life, ...members] }) => [
      life!,
      String(members.length / 2),
      ...members,
    ]);
    const names = all.flatMap((counter) => counter.names);
    await connection.run(renewScript, names, [time(), ...parameters]);
  }
}
