import type { Database } from './database.ts';
import { defaultRetention, floorsOf } from './ledger-retention.ts';
import { rollupWidths } from './ledger-rollups.ts';
import { readAllSums } from './ledger-sums.ts';
import { divideWindow, type LedgerFloors } from './ledger-window.ts';

export interface UsedTokensAsk {
  /** From when on, in milliseconds since 1970. */
  readonly since: number;
  /** One key alone; undefined: every key. */
  readonly keyId: string | undefined;
  readonly now: number;
  /** Sums that are read at once. */
  readonly rowsAtOnce: number;
}

/** What a key used: input and output of all attempts. */
export interface UsedTokens {
  readonly keyId: string;
  readonly tokens: number;
}

const [, hour, day] = rollupWidths;

/**
 * The tokens that keys used, by the ledger. What is so old that it is only summed by
 * the hour or the day counts from the next of these on: nobody pays for what was before.
 */
export async function* readUsedTokens(
  database: Database,
  { keyId, now, rowsAtOnce: limit, since }: UsedTokensAsk,
): AsyncGenerator<UsedTokens> {
  const floors = floorsOf(defaultRetention, now);
  const window = { from: beginningOf(since, floors), to: undefined };
  const { parts } = divideWindow(window, floors, { narrowest: hour, widest: day });
  const rows = readAllSums(database, {
    columns: ['input_tokens', 'output_tokens'],
    parts,
    groups: ['key_id'],
    filter: keyId === undefined ? {} : { key: keyId },
    limit,
  });
  for await (const row of rows) {
    yield { keyId: row.key_id ?? '', tokens: Number(row.input_tokens ?? 0) + Number(row.output_tokens ?? 0) };
  }
}

function beginningOf(since: number, floors: LedgerFloors): number {
  if (since >= floors.rows) return since;
  const width = since >= floors.hours ? hour : day;
  return Math.ceil(since / width) * width;
}
