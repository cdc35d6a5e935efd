import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import type { BudgetScope } from '../budget-store.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { readSpent } from './spent-sums.ts';
import { testDialects } from './test-databases.fixture.ts';

const now = Date.parse('2026-03-01T15:20:00Z');
const from = Date.parse('2026-03-01T15:00:00Z');

describe.each(testDialects)('what was spent on single models, from $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
  });
  beforeEach(() => ledger.clear());
  afterAll(() => ledger.drop());

  /** A request by a key that cost a hundred. */
  const spent = (keyId: string, requestedModel: string | undefined, targetModel: string, endedAt = now) =>
    sampleRow({
      subject: sampleSubject({ keyId, requestedModel }),
      endedAt,
      targetModel,
      attempts: [sampleAttempt({ cost: 100 })],
    });
  const read = async (scope: BudgetScope, ...models: string[]) => {
    const found: (readonly [owner: string, model: string, nanos: number])[] = [];
    const sums = readSpent(ledger.database, { scope, names: models, models, from, now, rowsAtOnce: 2 });
    for await (const { isNamed, model, nanos, owner } of sums)
      found.push([owner, isNamed || model === '' ? model : `(${model})`, nanos]);
    return found;
  };

  test('is by the names that callers gave, and by those at providers where callers gave none', async () => {
    const rows = [
      spent('a', 'fast', 'gpt'),
      spent('a', undefined, 'gpt'),
      spent('b', 'gpt', 'gpt-2026'),
      spent('b', undefined, 'gpt'),
      spent('b', undefined, 'other'),
      spent('b', 'gpt', 'gpt', from - 1),
    ];
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    expect(await read('key', 'gpt', 'fast')).toEqual([
      ['a', 'fast', 100],
      ['a', '(gpt)', 100],
      ['b', '(gpt)', 100],
      ['b', 'gpt', 100],
    ]);
    expect(await read('global', 'gpt')).toEqual([
      ['', '(gpt)', 200],
      ['', 'gpt', 100],
    ]);
  });

  test('was missing where more owners had spent than are read at once, with single models and without', async () => {
    const owners = ['a', 'b', 'c', 'd', 'e'];
    await createSqlLedgerStore(ledger.database).commit(batchOf(owners.map((owner) => spent(owner, 'gpt', 'gpt'))));
    expect(await read('key', 'gpt', 'other')).toEqual(owners.map((owner) => [owner, 'gpt', 100]));
    expect((await read('key')).filter(([owner]) => owner !== '')).toEqual(owners.map((owner) => [owner, '', 100]));
  });
});
