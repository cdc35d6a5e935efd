import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newKey } from '../key-store.conformance.ts';
import { createManualClock } from '../manual-clock.fixture.ts';
import type { Revisions, RevisionTopic } from '../revision-store.ts';
import { createSqlKeyStore } from './key-store.ts';
import { createSqlProviderStore } from './provider-store.ts';
import { openTestRecord, type TestRecord } from './record.fixture.ts';
import { createSqlRevisionStore } from './revision-store.ts';
import { createSqlTenantStore } from './tenant-store.ts';
import { testDialects } from './test-databases.fixture.ts';

describe.each(testDialects)('revisions on $name', (dialect) => {
  const clock = createManualClock();
  let record: TestRecord;
  beforeAll(async () => {
    record = await openTestRecord(dialect, clock);
  });
  afterAll(() => record.close());
  beforeEach(() => record.clear());

  /** Watches from the second replica what changes from `since` on; `next` resolves with what it is told next. */
  function watch(pollMs: number, since: Revisions) {
    const told: (readonly RevisionTopic[])[] = [];
    let wake = () => {};
    const store = createSqlRevisionStore(record.second.database, clock);
    let answers = 0;
    const stop = store.watch({
      since,
      onChange: (topics) => {
        told.push(topics);
        wake();
      },
      onAnswer: () => {
        answers += 1;
      },
      pollMs,
    });
    const next = async () => {
      while (told.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return told.shift()!;
    };
    return { next, stop, told, answers: () => answers };
  }

  test('count every change of a part, and no other', async () => {
    const { read } = createSqlRevisionStore(record.second.database, clock);
    const keys = createSqlKeyStore(record.context);
    const before = await read();
    const key = await keys.create(newKey('a'));
    await keys.update(key.id, { name: 'b' });
    await keys.rotate(key.id, { hash: 'x', prefix: '' });
    await keys.revoke(key.id);
    expect(await read()).toEqual({ ...before, keys: before.keys + 4 });
    await keys.touch([{ id: key.id, at: 1 }]);
    await keys.get(key.id);
    await createSqlTenantStore(record.context).organisations.create({ name: 'O', settings: {}, isActive: true });
    await expect(keys.create(newKey('a', { tenantId: 'none' }))).rejects.toThrow();
    expect(await read()).toEqual({ ...before, keys: before.keys + 4, tenants: before.tenants + 1 });
  });

  test('tell at first what changed since it was read, then what another replica changes', async () => {
    const { read } = createSqlRevisionStore(record.second.database, clock);
    const since = await read();
    const keys = createSqlKeyStore(record.context);
    await keys.create(newKey('a'));
    const { answers, next, stop, told } = watch(500, since);
    expect(await next()).toEqual(['keys']);
    expect(answers()).toBe(1);
    await keys.create(newKey('b'));
    // PostgreSQL speaks up at once; a file has to be looked at.
    if (record.context.database.dialect === 'sqlite') await pollUntil(() => told.length > 0);
    expect(await next()).toEqual(['keys']);
    await stop();
    expect(clock.pending()).toBe(0);
  });

  test('tell what was missed, and once', async () => {
    const { read } = createSqlRevisionStore(record.second.database, clock);
    const { stop, told } = watch(500, await read());
    await createSqlProviderStore(record.context).create({
      name: 'p',
      kind: 'k',
      baseUrl: null,
      apiKeyEncrypted: null,
      keyId: null,
      apiKeyRef: null,
      settings: {},
      isActive: true,
    });
    await pollUntil(() => told.length > 0);
    await pollUntil(() => false, 3);
    expect(told).toEqual([['providers']]);
    await stop();
  });

  /** Lets the watch look, each time when it has nothing else to do. */
  async function pollUntil(isDone: () => boolean, times = 50): Promise<void> {
    for (let count = 0; count < times && !isDone(); count += 1) {
      clock.advance(500);
      await record.second.database.all('SELECT 1');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
});
