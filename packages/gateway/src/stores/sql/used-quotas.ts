import type { Database } from './database.ts';
import { defaultRetention, floorsOf } from './ledger-retention.ts';
import { rollupWidths } from './ledger-rollups.ts';
import { readAllSums, type SumGroup } from './ledger-sums.ts';
import { divideWindow } from './ledger-window.ts';

export interface UsedQuotasAsk {
  /** Whose use is told apart. */
  readonly owner: Extract<SumGroup, 'tenant_id' | 'team_id' | 'organisation_id'>;
  /** Milliseconds since 1970; up to the second one, exclusive. */
  readonly from: number;
  readonly to: number;
  /** Sums that are read at once. */
  readonly rowsAtOnce: number;
}

/** What somebody used within an hour. */
export interface UsedQuota {
  readonly owner: string;
  /** When the hour began, in milliseconds since 1970. */
  readonly hour: number;
  readonly requests: number;
  /** Input and output, of all attempts. */
  readonly tokens: number;
}

const [, hourMs] = rollupWidths;

/** What the ledger knows of requests and tokens, by the hour. The hour in which it begins is told as a whole. */
export async function* readUsedQuotas(
  database: Database,
  { from, owner, rowsAtOnce: limit, to }: UsedQuotasAsk,
): AsyncGenerator<UsedQuota> {
  const widths = { narrowest: hourMs, widest: hourMs };
  const window = { from: from - (from % hourMs), to };
  const rows = readAllSums(database, {
    columns: ['requests', 'input_tokens', 'output_tokens'],
    parts: divideWindow(window, floorsOf(defaultRetention, to), widths).parts,
    groups: [owner],
    step: hourMs,
    filter: {},
    limit,
  });
  for await (const row of rows) {
    yield {
      owner: row[owner] ?? '',
      hour: Number(row.step_at),
      requests: Number(row.requests ?? 0),
      tokens: Number(row.input_tokens ?? 0) + Number(row.output_tokens ?? 0),
    };
  }
}
