import type { AttemptRow, LedgerRow } from '../../ledger/ledger-row.ts';
import type { PlainNumbers } from '../../ledger/ledger-store.ts';
import type { SqlValue } from './database.ts';
import { tokenColumns } from './ledger-totals.ts';

/** Columns of rollups that add up. */
export const rollupSums = [
  'requests',
  'shared_requests',
  'attempts',
  'failed_attempts',
  'estimated_attempts',
  'unpriced_attempts',
  'cost_nanos',
  ...tokenColumns,
  'duration_us',
] as const;

const at = Object.fromEntries(rollupSums.map((name, index) => [name, index])) as Readonly<
  Record<(typeof rollupSums)[number], number>
>;

/** What rows with the same keys add to a table of sums. */
export interface Rollup {
  /** Values of the keys without the width and the bucket. */
  readonly keys: readonly SqlValue[];
  readonly sums: number[];
  least: number | null;
  greatest: number | null;
}

export function addRequest(rollup: Rollup, row: Pick<LedgerRow, 'isShared'>, duration: number): void {
  rollup.sums[at.requests]! += 1;
  rollup.sums[at.shared_requests]! += row.isShared ? 1 : 0;
  rollup.sums[at.duration_us]! += duration;
  rollup.least = smaller(rollup.least, duration);
  rollup.greatest = larger(rollup.greatest, duration);
}

/** `tokens` in the order of their columns. */
export function addAttempt({ sums }: Rollup, attempt: AttemptRow, tokens: readonly number[]): void {
  sums[at.attempts]! += 1;
  sums[at.failed_attempts]! += attempt.outcome === 'ok' ? 0 : 1;
  sums[at.estimated_attempts]! += attempt.isEstimated ? 1 : 0;
  sums[at.unpriced_attempts]! += attempt.unknownCost === undefined ? 0 : 1;
  sums[at.cost_nanos]! += attempt.cost ?? 0;
  for (let index = 0; index < tokens.length; index++) sums[at.input_tokens + index]! += tokens[index]!;
}

/** The same of an attempt that went well and is like another but for its numbers. */
export function addPlainAttempt({ sums }: Rollup, { isEstimated, unknownCost }: AttemptRow, plain: PlainNumbers): void {
  sums[at.attempts]! += 1;
  if (isEstimated) sums[at.estimated_attempts]! += 1;
  if (unknownCost !== undefined) sums[at.unpriced_attempts]! += 1;
  sums[at.cost_nanos]! += plain.cost ?? 0;
  sums[at.input_tokens]! += plain.input;
  sums[at.output_tokens]! += plain.output;
}

export function smaller(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other < one) ? other : one;
}

export function larger(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other > one) ? other : one;
}
