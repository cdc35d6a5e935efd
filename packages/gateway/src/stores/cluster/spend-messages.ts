import type { SpendAmount, SpendClaim, SpendReading, SpendVerdict } from '../spend-store.ts';

/** Topics of the messages between spend stores in workers and their host in the primary. */
export const spendTopics = {
  /** Question: `ReserveSpendMessage`; answer: `ReserveSpendAnswer`. */
  reserve: 'spend.reserve',
  /** To the host: `SettleSpendMessage`. */
  settle: 'spend.settle',
  /** To the host: `SpendAmount`s to add, and to adopt. */
  add: 'spend.add',
  adopt: 'spend.adopt',
  /** To the host: claims. */
  tellReached: 'spend.tell_reached',
  /** Question: claims; answer: their readings. */
  read: 'spend.read',
} as const;

export interface ReserveSpendMessage {
  /** Chosen by the worker, unique within it. */
  readonly ticket: number;
  readonly claims: readonly SpendClaim[];
  readonly estimate: number;
}

export interface ReserveSpendAnswer {
  readonly verdict: SpendVerdict;
  /** What the host knows of each claim, for when it does not answer any more. */
  readonly readings: readonly SpendReading[];
}

export interface SettleSpendMessage {
  readonly ticket: number;
  readonly nanos: number;
}

export type SpendAmounts = readonly SpendAmount[];
