import type { WhenStoreIsAway } from './limit-store.ts';
import type { SpendWindow } from './spend-window.ts';

/**
 * What may be spent in a window. Amounts are whole nano-dollars in numbers, which are exact up to 2^53: nine million
 * dollars in one window; of caps on tokens, they are tokens. Sums stop there, where every hard cap has refused long before.
 */
export interface SpendCap {
  /** Names the counter, with the claim's key: it stays through changes of the other members but the window. */
  readonly id: string;
  readonly window: SpendWindow;
  /** Nano-dollars, at most 2^53 − 1. */
  readonly capNanos: number;
  /** Whether requests are refused when it is spent; otherwise it only tells. */
  readonly isHard: boolean;
  /** Shares of the cap in percent at which somebody is told, ascending. */
  readonly thresholds: readonly number[];
  readonly whenStoreIsAway?: WhenStoreIsAway;
}

/** One cap that a request is counted against, for one key where a cap has a counter for each of several. */
export interface SpendClaim {
  readonly cap: SpendCap;
  readonly key: string;
}

export interface SpendVerdict {
  readonly allowed: boolean;
  /** Index of the claim that refused, or of the hard one with the least left; −1 where none is hard. */
  readonly index: number;
  /** Nano-dollars that were left of it before this request. */
  readonly leftNanos: number;
  /** Milliseconds until there is more of it; null where there never is. */
  readonly resetMs: number | null;
}

/** What a request is expected to cost, set aside until it is known. */
export interface SpendReservation {
  readonly verdict: SpendVerdict;
  /**
   * Counts what it did cost, in the window in which it was set aside, and gives the rest back. Only the first call of
   * this and `release` does anything, and none does where the request was refused. A reservation that is never settled
   * ends with its lease; a settlement after that still counts.
   */
  settle(nanos: number): void;
  /** It cost nothing. */
  release(): void;
}

/** Spending that is known from elsewhere. */
export interface SpendAmount extends SpendClaim {
  /** The window it was spent in, by its beginning: see `windowStart`. */
  readonly start: number;
  readonly nanos: number;
}

export interface SpendReading {
  readonly spentNanos: number;
  /** Set aside for requests under way. */
  readonly reservedNanos: number;
  /** When the window began, in milliseconds since 1970; 0 where it never ends or rolls. */
  readonly start: number;
  readonly resetMs: number | null;
}

/** The spending of one window came to a share of its cap. */
export interface SpendCrossing {
  readonly cap: SpendCap;
  readonly key: string;
  readonly percent: number;
  readonly spentNanos: number;
  /** When the window began, in milliseconds since 1970; 0 where it never ends or rolls. */
  readonly start: number;
}

/**
 * Hears of each threshold once in a window, over all processes that count together; a rolling window tells again after
 * its length. Must not throw.
 */
export type OnCrossing = (crossing: SpendCrossing) => void;

/**
 * Counts spending against caps. What is set aside counts as spent: all claims of a call have room for the estimate or
 * nothing is set aside, so that what is spent never exceeds a hard cap by more than the estimates were wrong. A cap of
 * which nothing is left refuses whatever is asked. A call names each counter once. Amounts that are no whole numbers are
 * rounded up; negative ones and NaN throw a RangeError. Throws a GatewayError of kind `store_unavailable` for caps that
 * are closed while it is away.
 */
export interface SpendStore {
  reserve(claims: readonly SpendClaim[], estimateNanos: number): SpendReservation | Promise<SpendReservation>;
  /** Counts what was spent without having been set aside here. */
  add(amounts: readonly SpendAmount[]): void;
  /**
   * Takes over what a record knows to be spent in all, where it is more than is counted here: after a start, and from
   * time to time where processes count apart.
   */
  adopt(amounts: readonly SpendAmount[]): void;
  /** Tells of thresholds that are reached without anything being spent: a cap was put below what is, or a record adopted. */
  tellReached(claims: readonly SpendClaim[]): void;
  read(claims: readonly SpendClaim[]): readonly SpendReading[] | Promise<readonly SpendReading[]>;
}

/** How long a reservation that nobody settles counts where nothing else is said, in milliseconds. */
export const defaultLeaseMs = 30 * 60_000;

/** Whole nano-dollars that sums are exact in. Throws a RangeError for what is no amount. */
export function wholeNanos(nanos: number): number {
  if (!(nanos >= 0)) throw new RangeError(`${nanos} is no amount of nano-dollars.`);
  return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(nanos));
}
