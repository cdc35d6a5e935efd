import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../canonical/clock.ts';
import { sampleRow } from '../../../ledger/ledger-row.fixture.ts';
import { type Database, openDatabase, type SqlCell, type SqlValue } from '../database.ts';
import { batchOf } from '../ledger-database.fixture.ts';
import { createSqlLedgerStore } from '../ledger-store.ts';
import { testDialects, testSettings } from '../test-databases.fixture.ts';
import { builtInFolder, readMigrations } from './migration-folder.ts';
import { Migrator } from './migrator.ts';

/** What a former row may be in each column: rows differ in every one of them, and what is alike may be told apart. */
const values: Readonly<Record<string, readonly SqlValue[]>> = {
  request_id: ['req-1', 'ü"\'\\', ''],
  ended_at: [1_700_000_000_000, 0, 1_700_000_000_001],
  operation: ['chat', 'embeddings'],
  is_stream: [0, 1],
  outcome: ['completed', 'failed', 'interrupted'],
  status: [200, 0, 502],
  failure: [null, '', 'upstream_error', 'odd'],
  organisation_id: ['', 'org'],
  tenant_id: ['', 'tenant'],
  team_id: ['', 'team'],
  key_id: ['', 'key', 'org'],
  principal: ['app', 'anonymous'],
  requested_model: [null, '', 'large', 'Größe "1"', 'x'.repeat(3_000)],
  model: ['large', ''],
  target_model: [null, '', 'large'],
  response_model: [null, '', 'large-2'],
  provider: ['', 'acme'],
  target_id: ['', 'main'],
  attempts: [1, 0, 3],
  has_attempt_records: [0, 1],
  duration_us: [0, 2n ** 40n, 7],
  duration_slot: [0, 99],
  first_byte_us: [null, 0, 12],
  first_byte_slot: [null, 0, 5],
  queued_us: [0, 3],
  overhead_us: [0, 4],
  input_tokens: [0, 5],
  output_tokens: [0, 6],
  cached_tokens: [0, 7],
  cache_write_tokens: [0, 8],
  cache_write_hour_tokens: [0, 9],
  reasoning_tokens: [0, 10],
  audio_input_tokens: [0, 11],
  audio_output_tokens: [0, 12],
  is_estimated: [0, 1],
  cost_nanos: [null, 0, 2n ** 60n, 1_000],
  unknown_cost: [null, '', 'no_price'],
  price_source: [null, 'config'],
  shadow_of: [null, '', 'req-0'],
  is_shared: [0, 1],
  recovered: [null, 'restart'],
  image_input_tokens: [0, 13],
  image_output_tokens: [0, 14],
  service_tier: [null, '', 'flex'],
};
const names = Object.keys(values);
const columns = ['spool_id', 'sequence', ...names];
/** Plain ones, then those that differ from them in one column, then many of which each is its own. */
const plain = Array.from({ length: 40 }, () => names.map((name) => values[name]![0]!));
const odd = names.flatMap((_name, place) =>
  values[names[place]!]!.slice(1).map((value) => plain[0]!.map((one, index) => (index === place ? value : one))),
);
const mixed = Array.from({ length: 300 }, (_, row) =>
  names.map((name, place) => values[name]![(row * (place + 3) + (row >> (place % 7))) % values[name]!.length]!),
);
const rows = [...plain, ...odd, ...mixed].map((row, index) => [8 + (index % 2), index, ...row]);

describe.each(testDialects)('the migration to kinds of rows on $name', ({ create }) => {
  let database: Database;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const place = await create();
    drop = place.drop;
    database = await openDatabase({ ...testSettings, location: place.location });
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  type Row = Readonly<Record<string, SqlCell>>;
  const all = (from: string) => database.all<Row>(`SELECT ${columns.join(', ')} FROM ${from} ORDER BY sequence`);
  const attempts = () => database.all<Row>('SELECT * FROM usage_attempts ORDER BY spool_id, sequence');
  /** Tables with their columns, their types and defaults, and indexes as they are written. */
  const schema = () => database.all<Row>(schemas[database.dialect]);

  test('moves every row as it was, there and back', async () => {
    const known = await readMigrations([builtInFolder()]);
    const place = known.findIndex(({ name }) => name.endsWith('add_usage_kinds'));
    const migrator = (count: number) =>
      new Migrator({ database, clock: systemClock, migrations: known.slice(0, count) });
    await migrator(place).run();
    await database.insertMany({ table: 'usage_records', columns, rows });
    const before = { rows: await all('usage_records'), attempts: await attempts(), schema: await schema() };
    expect(before.rows).toEqual(
      rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, plainNumber(row[index]!)]))),
    );

    await migrator(place + 1).run();
    expect(await all('usage_records')).toEqual(before.rows);
    expect(await attempts()).toEqual(before.attempts);
    const [kinds] = await database.all<{ count: number }>('SELECT COUNT(*) AS count FROM usage_kinds');
    const ofKind = (row: Row) => JSON.stringify(kindOf(row));
    expect(kinds!.count).toBe(new Set(before.rows.map(ofKind)).size);
    expect(await database.all('SELECT id FROM usage_kinds WHERE digest IS NOT NULL')).toEqual([]);

    // Rows that come now have kinds of their own, which others of theirs find.
    const came = sampleRow();
    for (const from of [0, 2]) await createSqlLedgerStore(database).commit(batchOf([came, came], { from }));
    expect(await all('usage_records WHERE spool_id = 1')).toHaveLength(4);
    expect(await database.all('SELECT id FROM usage_kinds WHERE digest IS NOT NULL')).toHaveLength(1);
    await database.run('DELETE FROM usage_rows WHERE spool_id = 1');

    expect(await migrator(place + 1).revert(1)).toEqual([known[place]!.name]);
    expect(await all('usage_records')).toEqual(before.rows);
    expect(await attempts()).toEqual(before.attempts);
    expect(await schema()).toEqual(before.schema);
    await migrator(place + 1).run();
    expect(await all('usage_records')).toEqual(before.rows);
  });
});

function plainNumber(value: SqlValue): SqlValue {
  return typeof value === 'bigint' && value < Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** What of a row is in its kind. */
function kindOf(row: Readonly<Record<string, SqlCell>>): readonly unknown[] {
  return Object.entries(row).filter(([name]) => !own.has(name) && !name.endsWith('_tokens'));
}

const own: ReadonlySet<string> = new Set([
  'spool_id',
  'sequence',
  'request_id',
  'ended_at',
  'duration_us',
  'duration_slot',
  'first_byte_us',
  'first_byte_slot',
  'queued_us',
  'overhead_us',
  'cost_nanos',
  'shadow_of',
]);

const schemas = {
  sqlite: `SELECT m.type, m.name, c.name AS part, c.type AS kind, c."notnull" AS must, c.dflt_value, c.pk,
      CASE m.type WHEN 'index' THEN m.sql END AS written
    FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c ON m.type <> 'index' ORDER BY m.name, c.cid`,
  postgres: `SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = current_schema()
    UNION ALL SELECT tablename, indexname, 0, indexdef, '', '' FROM pg_indexes WHERE schemaname = current_schema()
    ORDER BY 1, 3, 2`,
} as const;
