import type { Clock } from '../../canonical/clock.ts';
import { judgeSpend } from '../judge-spend.ts';
import {
  defaultLeaseMs,
  type OnCrossing,
  type SpendAmount,
  type SpendClaim,
  type SpendReading,
  type SpendReservation,
  type SpendStore,
  wholeNanos,
} from '../spend-store.ts';
import { ToldSpend } from '../told-spend.ts';
import { KnownSpend } from './known-spend.ts';
import { OwedSpend } from './owed-spend.ts';
import type { RedisConnection } from './redis-connection.ts';
import { SpendKeys } from './spend-keys.ts';
import { type HeldThere, SpendLeases } from './spend-leases.ts';
import { addScript, adoptScript, readScript, reserveScript, settleScript, tellScript } from './spend-scripts.ts';
import { storeIsAway } from './store-is-away.ts';

export interface RedisSpendStoreInput {
  readonly connection: Pick<RedisConnection, 'isAnswering' | 'run'>;
  /** Counts while Redis does not answer, from what it last said. */
  readonly fallback: SpendStore;
  readonly clock: Clock;
  readonly onCrossing: OnCrossing;
  /** Ids that no other process gives. */
  readonly id: () => string;
  /** Before the names of all keys. Braces in it keep them in one slot of a Redis cluster. */
  readonly prefix: string;
  /** Milliseconds after which a reservation that nobody settled ends; longer than any request. Left out: 30 minutes. */
  readonly leaseMs?: number;
  /** Milliseconds after which what a process that died had set aside comes back; renewed every third of it. Left out: 15,000. */
  readonly holderLeaseMs?: number;
  /** Milliseconds that take the place of the server's time; for tests. */
  readonly serverTime?: () => number;
}

export interface RedisSpendStore extends SpendStore {
  /** Tells what was spent while Redis was away. The next request does so, too; this is for when Redis is back. */
  tellOwed(): void;
  /** Ends renewals. What is still set aside comes back with its lease. */
  close(): void;
}

/**
 * Counts spending in Redis, for all replicas together: one script call when it is set aside, one when it is known. What is
 * set aside is a lease of the process that did, renewed for all that is under way in few calls: what one that died had set
 * aside comes back soon, and one that was cut off from Redis for long says again what it has. While
 * Redis is away a machine counts by itself from what it knows, and tells when Redis is back; so then caps may be exceeded
 * by what the other machines spend meanwhile. A server that comes back empty goes on from what replicas last heard of it.
 */
export function createRedisSpendStore(input: RedisSpendStoreInput): RedisSpendStore {
  return new SharedSpend(input);
}

/** Long enough for a process that stood still for some seconds. */
const usualHolderLeaseMs = 15_000;

/** Whether a cost is told for the first time, or again because nobody answered. */
type Promptness = 'prompt' | 'late';

class SharedSpend implements RedisSpendStore {
  readonly #input: RedisSpendStoreInput;
  readonly #leaseMs: number;
  readonly #keys: SpendKeys;
  readonly #owed: OwedSpend;
  readonly #leases: SpendLeases;

  constructor(input: RedisSpendStoreInput) {
    const { clock, connection, holderLeaseMs = usualHolderLeaseMs, id, leaseMs = defaultLeaseMs, prefix } = input;
    this.#input = input;
    this.#leaseMs = leaseMs;
    this.#keys = new SpendKeys(prefix, clock, leaseMs);
    this.#owed = new OwedSpend({
      tellAmounts: (amounts, name) => this.#tellAmounts(amounts, name),
      id,
      now: () => clock.now(),
    });
    this.#leases = new SpendLeases({
      connection,
      clock,
      keys: this.#keys,
      leaseMs: holderLeaseMs,
      longestMs: leaseMs,
      time: () => this.#time(),
    });
  }

  reserve(claims: readonly SpendClaim[], estimateNanos: number): SpendReservation | Promise<SpendReservation> {
    const estimate = wholeNanos(estimateNanos);
    if (claims.length === 0) return this.#input.fallback.reserve(claims, estimate);
    if (!this.#input.connection.isAnswering()) return this.#reserveHere(claims, estimate);
    this.#owed.flush();
    return this.#reserveShared(claims, estimate);
  }

  add(amounts: readonly SpendAmount[]): void {
    this.#owed.owe(amounts.map((amount) => ({ ...amount, nanos: wholeNanos(amount.nanos) })));
    if (this.#input.connection.isAnswering()) this.#owed.flush();
  }

  adopt(amounts: readonly SpendAmount[]): void {
    const { connection, fallback } = this.#input;
    fallback.adopt(amounts);
    if (!connection.isAnswering()) return;
    // What is owed from here is in the record, too: told first, it is not taken for what others spent.
    this.#owed.flush();
    if (amounts.length === 0) return;
    const starts = amounts.map(({ start }) => start);
    const parameters = amounts.flatMap((amount) => [
      ...this.#keys.parameters(amount, amount.start),
      String(wholeNanos(amount.nanos)),
    ]);
    connection
      .run(adoptScript, this.#keys.names(amounts, starts), [this.#time(), ...parameters])
      .catch(() => undefined);
  }

  tellReached(claims: readonly SpendClaim[]): void {
    // What is reached while it is away is told of with the next cost.
    if (!this.#input.connection.isAnswering()) return;
    this.#tellReached(claims).catch(() => undefined);
  }

  tellOwed(): void {
    this.#owed.flush();
  }

  close(): void {
    this.#leases.close();
  }

  async read(claims: readonly SpendClaim[]): Promise<readonly SpendReading[]> {
    if (claims.length === 0) return [];
    const { connection, clock } = this.#input;
    const starts = this.#keys.starts(claims);
    const parameters = claims.flatMap((claim, index) => this.#keys.parameters(claim, starts[index]!));
    let answer: readonly unknown[];
    try {
      const keys = this.#keys.names(claims, starts);
      answer = (await connection.run(readScript, keys, [this.#time(), ...parameters])) as readonly unknown[];
    } catch {
      return this.#informedFallback(claims).read(claims);
    }
    const wallNow = clock.wallNow();
    return this.#heard(claims, starts, answer).map((known, index) => ({
      spentNanos: known.spent,
      reservedNanos: known.reserved,
      start: starts[index]!,
      resetMs: known.resetMs(wallNow),
    }));
  }

  async #reserveShared(claims: readonly SpendClaim[], estimate: number): Promise<SpendReservation> {
    const { connection, clock, id } = this.#input;
    const starts = this.#keys.starts(claims);
    const own = id();
    const parameters = [this.#time(), own, String(estimate), this.#leases.first];
    for (const [index, claim] of claims.entries()) {
      const { capNanos, isHard } = claim.cap;
      parameters.push(...this.#keys.parameters(claim, starts[index]!), String(capNanos), isHard ? '1' : '0');
    }
    const since = clock.now();
    const held: HeldThere = { claims, starts, own, estimate, since };
    let answer: readonly unknown[];
    try {
      answer = (await connection.run(
        reserveScript,
        this.#keys.names(claims, starts),
        parameters,
      )) as readonly unknown[];
    } catch {
      // Redis may have heard of it, and then has it set aside for a request that is counted elsewhere.
      this.#owed.repeat(() => this.#settle(held, { nanos: 0, at: 0, promptness: 'late' }), since + this.#leaseMs);
      return this.#reserveHere(claims, estimate);
    }
    const sums = this.#heard(claims, starts, answer.slice(2));
    const verdict = { ...judgeSpend(claims, sums, estimate, clock.wallNow()), allowed: answer[0] === 1 };
    const at = Number(answer[1]);
    if (verdict.allowed) this.#leases.keep(held);
    const settle = (nanos: number): void => {
      this.#leases.end(held);
      this.#settle(held, { nanos, at, promptness: 'prompt' }).catch(() =>
        // It may have been heard; for as long as Redis remembers that it was not.
        this.#owed.repeat(() => this.#settle(held, { nanos, at, promptness: 'late' }), clock.now() + defaultLeaseMs),
      );
    };
    return new ToldSpend(verdict, settle);
  }

  async #settle({ claims, starts, own, estimate }: HeldThere, { nanos, at, promptness }: Costs): Promise<void> {
    const isLate = promptness === 'late' ? '1' : '0';
    const parameters = [this.#time(), own, String(estimate), String(nanos), String(at), isLate];
    for (const [index, claim] of claims.entries()) {
      const { capNanos, thresholds } = claim.cap;
      parameters.push(...this.#keys.parameters(claim, starts[index]!), String(capNanos), thresholds.join(','));
    }
    const keys = this.#keys.names(claims, starts);
    this.#tell(claims, starts, await this.#input.connection.run(settleScript, keys, parameters));
  }

  /** What Redis said is remembered, for when it is away or has forgotten it: three numbers for each claim. */
  #heard(claims: readonly SpendClaim[], starts: readonly number[], answer: readonly unknown[]): readonly KnownSpend[] {
    return claims.map((claim, index) => {
      const [spent, reserved] = [Number(answer[index * 3]), Number(answer[index * 3 + 1])];
      const rollingMs = Number(answer[index * 3 + 2]);
      const start = starts[index]!;
      this.#keys.hear(claim, start, spent);
      return new KnownSpend({ cap: claim.cap, start, spent, reserved, rollingMs });
    });
  }

  #informedFallback(claims: readonly SpendClaim[]): SpendStore {
    const { fallback } = this.#input;
    const news = this.#keys.news(claims, this.#keys.starts(claims));
    if (news.length > 0) fallback.adopt(news);
    return fallback;
  }

  #reserveHere(claims: readonly SpendClaim[], estimate: number): SpendReservation | Promise<SpendReservation> {
    if (claims.some(({ cap }) => cap.whenStoreIsAway === 'closed')) throw storeIsAway('A budget');
    const starts = this.#keys.starts(claims);
    const owing = (local: SpendReservation): SpendReservation => {
      const settle = (nanos: number): void => {
        local.settle(nanos);
        this.#owed.owe(claims.map((claim, index) => ({ ...claim, start: starts[index]!, nanos })));
      };
      return new ToldSpend(local.verdict, settle);
    };
    const local = this.#informedFallback(claims).reserve(claims, estimate);
    return local instanceof Promise ? local.then(owing) : owing(local);
  }

  async #tellReached(claims: readonly SpendClaim[]): Promise<void> {
    const starts = this.#keys.starts(claims);
    const parameters = claims.flatMap((claim, index) => [
      ...this.#keys.parameters(claim, starts[index]!),
      String(claim.cap.capNanos),
      claim.cap.thresholds.join(','),
    ]);
    const keys = this.#keys.names(claims, starts);
    this.#tell(claims, starts, await this.#input.connection.run(tellScript, keys, [this.#time(), ...parameters]));
  }

  async #tellAmounts(amounts: readonly SpendAmount[], name: string): Promise<void> {
    const starts = amounts.map(({ start }) => start);
    const parameters = amounts.flatMap((amount) => [
      ...this.#keys.parameters(amount, amount.start),
      String(amount.cap.capNanos),
      amount.cap.thresholds.join(','),
      String(amount.nanos),
    ]);
    const keys = [...this.#keys.names(amounts, starts), this.#keys.once(name)];
    this.#tell(amounts, starts, await this.#input.connection.run(addScript, keys, [this.#time(), ...parameters]));
  }

  #tell(claims: readonly SpendClaim[], starts: readonly number[], answer: unknown): void {
    const [sums, crossings] = answer as readonly [readonly string[], readonly unknown[]];
    for (const [index, sum] of sums.entries()) {
      this.#keys.hear(claims[index]!, starts[index]!, Number(sum));
    }
    for (let at = 0; at < crossings.length; at += 3) {
      const index = Number(crossings[at]);
      const { cap, key } = claims[index]!;
      const [percent, spentNanos] = [Number(crossings[at + 1]), Number(crossings[at + 2])];
      this.#input.onCrossing({ cap, key, percent, spentNanos, start: starts[index]! });
    }
  }

  #time(): string {
    return this.#input.serverTime === undefined ? '' : String(this.#input.serverTime());
  }
}

interface Costs {
  readonly nanos: number;
  /** When it was set aside, by the time of the server; 0 where the server did not say. */
  readonly at: number;
  readonly promptness: Promptness;
}
