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
  const read = async (scope: BudgetScope, ...models: string[]) =>
    (await readSpent(ledger.database, { scope, models, from, now }))
      .map(({ model, nanos, owner }) => [owner, model, nanos])
      .toSorted();

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
      ['a', 'gpt', 100],
      ['b', 'gpt', 200],
    ]);
    expect(await read('global', 'gpt')).toEqual([['', 'gpt', 300]]);
  });
});
