import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../canonical/clock.ts';
import { type Database, openDatabase, type SqlRunner } from '../database.ts';
import { createPostgresPlace, postgresUrl, type TestPlace } from '../test-databases.fixture.ts';

describe.runIf(postgresUrl !== undefined)('PostgreSQL', () => {
  let place: TestPlace;
  let database: Database;
  beforeEach(async () => {
    place = await createPostgresPlace(postgresUrl!);
    database = await openDatabase({ location: place.location, clock: systemClock, timeoutMs: 3_000 });
    await database.script('CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0)');
    await database.insertMany({ table: 't', columns: ['id'], rows: [['a'], ['b']] });
  });
  afterEach(async () => {
    await database.close();
    await place.drop();
  });

  test('repeats a transaction that stood in another one’s way', async () => {
    let waiting = 2;
    let meet = () => {};
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    let attempts = 0;
    const add = (first: string, second: string) =>
      database.transaction(async (transaction) => {
        attempts += 1;
        await transaction.run('UPDATE t SET n = n + 1 WHERE id = ?', [first]);
        // Both have a row that the other one wants.
        waiting -= 1;
        if (waiting === 0) meet();
        await met;
        await transaction.run('UPDATE t SET n = n + 1 WHERE id = ?', [second]);
      });
    await Promise.all([add('a', 'b'), add('b', 'a')]);
    // One is repeated, or on a busy machine more than once.
    expect(attempts).toBeGreaterThanOrEqual(3);
    expect(await database.all('SELECT id, n FROM t ORDER BY id')).toEqual([
      { id: 'a', n: 2 },
      { id: 'b', n: 2 },
    ]);
  });

  test('does not take for committed what the server undid', async () => {
    const work = async (transaction: SqlRunner) => {
      await transaction.run('UPDATE t SET n = 9');
      await transaction.run('INSERT INTO t (id) VALUES (?)', ['a']).catch(() => undefined);
    };
    await expect(database.transaction(work)).rejects.toThrow('its failure was not passed on');
    expect(await database.all('SELECT SUM(n) AS n FROM t')).toEqual([{ n: 0 }]);
  });

  test('works as long as a caller lets it, for every kind of call', async () => {
    const patient = await openDatabase({ location: place.location, clock: systemClock, timeoutMs: 100 });
    const limits = { timeoutMs: 10_000 };
    const sleep = 'SELECT pg_sleep(0.8)';
    await patient.all(sleep, [], limits);
    await patient.run(sleep, [], limits);
    await patient.script(sleep, limits);
    await patient.report(sleep, [], limits);
    await patient.transaction((transaction) => transaction.all(sleep), limits);
    await expect(patient.all(sleep)).rejects.toMatchObject({ kind: 'timeout' });
    await patient.close();
  });

  test('reads only in a report', async () => {
    await expect(database.report('DELETE FROM t RETURNING id')).rejects.toThrow('takes no changes');
  });

  test('leaves a connection whose server takes no changes any more, and reads meanwhile', async () => {
    const small = await openDatabase({ location: place.location, clock: systemClock, maxConnections: 2 });
    for (let count = 0; count < 4; count += 1) {
      await small.script('SET default_transaction_read_only = on');
      await expect(small.run('UPDATE t SET n = 1')).rejects.toMatchObject({ kind: 'unavailable' });
    }
    expect(await small.all('SELECT SUM(n) AS n FROM t')).toEqual([{ n: 0 }]);
    expect(await small.run('UPDATE t SET n = 1')).toBe(2);
    await small.close();
  });

  test('has connections for reports when all others are taken', async () => {
    const small = await openDatabase({ location: place.location, clock: systemClock, maxConnections: 2 });
    const held = small.transaction((transaction) => transaction.all('SELECT pg_sleep(0.5)'));
    expect(await small.report('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await held;
    await small.close();
  });

  test('tells what is said on a channel, until it is ended', async () => {
    const heard: string[] = [];
    let wake = () => {};
    const stop = database.listen('some_channel', (text) => {
      heard.push(text);
      wake();
    });
    const next = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    await next();
    const said = next();
    await database.all(`SELECT pg_notify('some_channel', ?)`, ['hello']);
    await said;
    expect(heard).toEqual(['', 'hello']);
    await stop?.();
    const count = heard.length;
    await database.all(`SELECT pg_notify('some_channel', ?)`, ['again']);
    expect(heard).toHaveLength(count);
  });
});
