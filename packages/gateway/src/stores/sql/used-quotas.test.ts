import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { testDialects } from './test-databases.fixture.ts';
import { readUsedQuotas, type UsedQuota } from './used-quotas.ts';

const hour = 3_600_000;
/** Twenty past three in the afternoon. */
const now = Date.parse('2026-03-01T15:20:00Z');

describe.each(testDialects)('what was used of quotas, from $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
  });
  beforeEach(() => ledger.clear());
  afterAll(() => ledger.drop());

  /** A request of somebody, of two hundred tokens in two attempts. */
  const used = (who: { readonly tenant?: string; readonly team?: string }, endedAt: number) =>
    sampleRow({
      subject: sampleSubject({ tenant: undefined, team: undefined, ...who }),
      endedAt,
      attempts: [sampleAttempt({ outcome: 'transient', usage: { input: 100, output: 0 } }), attempt],
    });
  const attempt = sampleAttempt({ usage: { input: 80, output: 20, cachedInput: 50 } });
  const read = async (owner: 'tenant_id' | 'team_id') => {
    const found: UsedQuota[] = [];
    const ask = { owner, from: now - 24 * hour, to: now, rowsAtOnce: 2 };
    for await (const one of readUsedQuotas(ledger.database, ask)) found.push(one);
    return found;
  };

  test('is told by owner and hour, up to a moment and not after it', async () => {
    const half = now - 20 * 60_000;
    const rows = [
      used({ tenant: 't' }, now - 26 * hour),
      used({ tenant: 't' }, now - 24 * hour + 1),
      used({ tenant: 't' }, half - 1),
      used({ tenant: 't' }, half),
      used({ tenant: 't' }, now - 1),
      used({ tenant: 't' }, now),
      used({ team: 'm' }, now - 5 * hour),
    ];
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    const ofTenants = (await read('tenant_id')).filter(({ owner }) => owner === 't');
    expect(ofTenants).toEqual([
      { owner: 't', hour: half - 24 * hour, requests: 1, tokens: 200 },
      { owner: 't', hour: half - hour, requests: 1, tokens: 200 },
      { owner: 't', hour: half, requests: 2, tokens: 400 },
    ]);
    expect((await read('team_id')).filter(({ owner }) => owner === 'm')).toEqual([
      { owner: 'm', hour: half - 5 * hour, requests: 1, tokens: 200 },
    ]);
  });

  test('was missing where there are more sums than are read at once', async () => {
    const tenants = ['a', 'b', 'c', 'd', 'e'];
    const rows = tenants.map((tenant) => used({ tenant }, now - 1));
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    expect((await read('tenant_id')).map(({ owner }) => owner)).toEqual(expect.arrayContaining(tenants));
  });
});
