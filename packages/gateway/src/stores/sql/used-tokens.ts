import type { Database } from './database.ts';
import { defaultRetention, floorsOf } from './ledger-retention.ts';
import { rollupWidths } from './ledger-rollups.ts';
import { readSums } from './ledger-sums.ts';
import { divideWindow, type LedgerFloors } from './ledger-window.ts';

export interface UsedTokensAsk {
  /** From when on, in milliseconds since 1970. */
  readonly since: number;
  /** One key alone; undefined: every key. */
  readonly keyId: string | undefined;
  readonly now: number;
}

/** Keys that are told apart: those that used most. */
const MOST_KEYS = 100_000;
const [, hour, day] = rollupWidths;

/**
 * The tokens that keys used, input and output of all attempts, by the ledger. What is so old that it is only summed by
 * the hour or the day counts from the next of these on: nobody pays for what was before.
 */
export async function readUsedTokens(
  database: Database,
  { keyId, now, since }: UsedTokensAsk,
): Promise<ReadonlyMap<string, number>> {
  const floors = floorsOf(defaultRetention, now);
  const window = { from: beginningOf(since, floors), to: undefined };
  const { parts } = divideWindow(window, floors, { narrowest: hour, widest: day });
  const rows = await readSums(database, {
    columns: ['input_tokens', 'output_tokens'],
    parts,
    groups: ['key_id'],
    filter: keyId === undefined ? {} : { key: keyId },
    limit: MOST_KEYS,
  });
  return new Map(rows.map((row) => [row.key_id ?? '', Number(row.input_tokens ?? 0) + Number(row.output_tokens ?? 0)]));
}

function beginningOf(since: number, floors: LedgerFloors): number {
  if (since >= floors.rows) return since;
  const width = since >= floors.hours ? hour : day;
  return Math.ceil(since / width) * width;
}
