import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, SqlValue } from './database.ts';
import { createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { exportUsage } from './ledger-export.ts';
import { latencyReport } from './ledger-latency-report.ts';
import { readSums } from './ledger-sums.ts';
import { readSpent } from './spent-sums.ts';
import { testDialects } from './test-databases.fixture.ts';

const minute = 60_000;
const end = 1_800_000_000_000;
const ROWS = 20_000;
const KINDS = 200;
/** A row every half minute. */
const from = end - ROWS * 30_000;
const parts = [{ width: 1, from: end - 20 * minute, to: end - 10 * minute }];

const kindValues = `'chat', 0, 'completed', 200, '', '', '', 'key-' || (i % 20), 'app', 'model-' || (i % 50), 'large', 'large',
  'acme', 'main', 1, 0, 0, 0`;
const rowsOfManyKinds = `
  WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${KINDS - 1})
  INSERT INTO usage_kinds (id, operation, is_stream, outcome, status, organisation_id, tenant_id, team_id, key_id, principal,
    requested_model, model, target_model, provider, target_id, attempts, has_attempt_records, is_estimated, is_shared)
  SELECT i, ${kindValues} FROM numbers;
  WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${ROWS - 1})
  INSERT INTO usage_rows (spool_id, sequence, kind_id, ended_at, duration_us, queued_us, overhead_us, input_tokens,
    output_tokens, duration_slot, request_id)
  SELECT 1, i, (i * 7919) % ${KINDS}, ${from} + CAST(i AS BIGINT) * 30000, 5, 0, 0, 1, 2, 3, 'r' || i FROM numbers`;

describe.each(testDialects)('reports in $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
    await ledger.database.script(rowsOfManyKinds);
    if (ledger.database.dialect === 'postgres') await ledger.database.script('ANALYZE');
  });
  afterAll(() => ledger.drop());

  /** The plans of all that is asked of the rows. */
  async function plansOf(ask: (database: Database) => Promise<unknown>): Promise<readonly string[]> {
    const asked: (readonly [sql: string, parameters: readonly SqlValue[]])[] = [];
    const { database } = ledger;
    const report: Database['report'] = (sql, parameters = []) => {
      asked.push([sql, parameters]);
      return database.report(sql, parameters);
    };
    await ask({ ...database, dialect: database.dialect, report } as Database);
    const explain = database.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
    const ofRows = asked.filter(([sql]) => /usage_rows|usage_records/.test(sql));
    return Promise.all(
      ofRows.map(async ([sql, parameters]) => JSON.stringify(await database.report(`${explain} ${sql}`, parameters))),
    );
  }

  test.each<readonly [string, (database: Database) => Promise<unknown>]>([
    [
      'sums at the edges of a window',
      async (database) => {
        const columns = ['requests', 'cost_nanos', 'attempts'] as const;
        for (const filter of [{}, { key: 'key-3' }, { outcome: 'completed' }]) {
          await readSums(database, { columns, parts, groups: ['provider', 'key_id'], filter, limit: 100 });
        }
      },
    ],
    [
      'times that requests took',
      async (database) => {
        const window = { window: '1h', parts: { from: end - 60 * minute, parts }, limit: 10, percentiles: [50] };
        await latencyReport(database, window);
        await latencyReport(database, { ...window, provider: 'acme', model: 'large' });
      },
    ],
    [
      'pages of an export',
      async (database) => {
        const window = { from: end - 3_000 * minute, to: end, format: 'jsonl' } as const;
        const pieces: string[] = [];
        for (const filter of [{}, { key: 'key-3' }]) {
          for await (const text of exportUsage(database, { ...window, filter })) pieces.push(text);
        }
        expect(pieces.join('').trim().split('\n')).toHaveLength(6_000 + 300);
      },
    ],
    [
      'what was spent on single models',
      async (database) => {
        const ask = { names: ['model-3'], models: ['large'], from: end - 60 * minute, now: end, rowsAtOnce: 100 };
        for await (const { nanos } of readSpent(database, { ...ask, scope: 'key' })) expect(nanos).toBe(0);
      },
    ],
  ])('do not go through all rows for %s', async (_name, ask) => {
    const plans = await plansOf(ask);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      expect(plan).toMatch(/usage_rows_(ended|kind)/);
      expect(plan).not.toMatch(/Seq Scan on usage_rows|SCAN (entry|usage_rows)/);
    }
  });
});
