import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { testDialects } from './test-databases.fixture.ts';
import { readUsedTokens } from './used-tokens.ts';

const day = 86_400_000;
/** Twenty past three in the afternoon. */
const now = Date.parse('2026-03-01T15:20:00Z');

describe.each(testDialects)('tokens that keys used, from $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
  });
  beforeEach(() => ledger.clear());
  afterAll(() => ledger.drop());

  /** A request of a key, of a hundred tokens in each of two attempts. */
  const used = (keyId: string | undefined, endedAt: number) =>
    sampleRow({
      subject: sampleSubject({ keyId }),
      endedAt,
      attempts: [sampleAttempt({ outcome: 'transient', usage: { input: 100, output: 0 } }), attempt],
    });
  const attempt = sampleAttempt({ usage: { input: 80, output: 20, cachedInput: 50 } });
  const read = async (since: number, keyId?: string) => {
    const found: Record<string, number> = {};
    const used = readUsedTokens(ledger.database, { since, keyId, now, rowsAtOnce: 2 });
    for await (const one of used) found[one.keyId] = one.tokens;
    return found;
  };

  test('are those of all their attempts, from any moment on', async () => {
    const reset = now - 10_000;
    const rows = [
      used('a', reset - 1),
      used('a', reset),
      used('b', now),
      used('a', now - 40 * day),
      used(undefined, now),
    ];
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    expect(await read(0)).toEqual({ a: 600, b: 200, '': 200 });
    expect(await read(0, 'a')).toEqual({ a: 600 });
    expect(await read(reset)).toEqual({ a: 200, b: 200, '': 200 });
    expect(await read(now + 1, 'a')).toEqual({});
  });

  test('were missing where more keys had used some than are read at once', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e'];
    await createSqlLedgerStore(ledger.database).commit(batchOf(keys.map((key) => used(key, now))));
    expect(await read(0)).toEqual({ a: 200, b: 200, c: 200, d: 200, e: 200 });
  });

  test('are never those from before a moment that is only known by the hour or the day', async () => {
    const hours = now - 200 * day;
    const days = now - 800 * day;
    const rows = [used('a', hours - 60_000), used('a', hours + 60_000), used('a', hours + 3_600_000)];
    rows.push(used('b', days - 60_000), used('b', days + 60_000), used('b', days + day));
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    expect(await read(hours, 'a')).toEqual({ a: 200 });
    expect(await read(days, 'b')).toEqual({ b: 200 });
  });
});
