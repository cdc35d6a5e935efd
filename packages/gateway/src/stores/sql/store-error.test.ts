import { describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { newKey } from '../key-store.conformance.ts';
import { openDatabase } from './database.ts';
import { createSqlKeyStore } from './key-store.ts';
import { SqlError, type SqlErrorKind } from './sql-error.ts';
import { asStore } from './store-error.ts';

const rules = { unique: 'It is there.', foreignKey: 'It is not there.' };

describe('what a store says of an error of its database', () => {
  test.each<[SqlErrorKind, object]>([
    ['unique', { status: 409, code: 'already_exists', message: 'It is there.' }],
    ['foreign_key', { status: 400, kind: 'invalid_request', message: 'It is not there.' }],
    ['unavailable', { status: 503, kind: 'store_unavailable', retryAfterMs: 1000 }],
    ['timeout', { status: 503, kind: 'store_unavailable' }],
    ['busy', { status: 503, kind: 'store_unavailable' }],
    ['aborted', { kind: 'client_closed' }],
    ['invalid', { status: 500, kind: 'internal' }],
  ])('%s', async (kind, expected) => {
    const cause = new SqlError(kind, 'what the database said');
    const error = await asStore(() => Promise.reject(cause), rules).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ ...expected, cause });
    // The caller reads no more of the database than it has to know.
    expect((error as Error).message).not.toContain('what the database said');
  });

  test('of a deletion, that something refers to it', async () => {
    const cause = new SqlError('foreign_key', '');
    const error = asStore(() => Promise.reject(cause), { ...rules, isDeletion: true });
    await expect(error).rejects.toMatchObject({ status: 409, code: 'in_use' });
  });

  test('nothing of an error that is none of the database', async () => {
    const own = new Error('own');
    await expect(asStore(() => Promise.reject(own), rules)).rejects.toBe(own);
  });
});

test('a store without its database is unavailable', async () => {
  const database = await openDatabase({ location: { url: 'postgres://nobody@127.0.0.1:9/none' }, clock: systemClock });
  const keys = createSqlKeyStore({ database, clock: systemClock, newId: () => 'id' });
  await expect(keys.findByHash('x')).rejects.toMatchObject({ kind: 'store_unavailable' });
  await expect(keys.create(newKey('a'))).rejects.toMatchObject({ kind: 'store_unavailable' });
  await database.close();
});
