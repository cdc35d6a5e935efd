import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../canonical/clock.ts';
import { Wire } from '../../wire.fixture.ts';
import { type Database, openDatabase } from '../database.ts';
import { SqlError } from '../sql-error.ts';
import { postgresUrl } from '../test-databases.fixture.ts';

/** For what has to succeed: limits that are short for the test's sake are passed on a machine that is busy. */
const patient = { timeoutMs: 20_000 };
const openPatiently = (url: URL, more: { readonly maxConnections?: number } = {}) =>
  openDatabase({ location: { url: url.href }, clock: systemClock, connectTimeoutMs: 20_000, ...patient, ...more });
const server = new URL(postgresUrl ?? 'postgres://127.0.0.1:5432/none');

describe.runIf(postgresUrl !== undefined)('a server', () => {
  let wire: Wire;
  let database: Database;
  let notices: string[];
  beforeEach(async () => {
    wire = new Wire();
    await wire.open(server.hostname, Number(server.port || 5432));
    const url = new URL(server);
    url.hostname = '127.0.0.1';
    url.port = `${wire.port}`;
    notices = [];
    database = await openDatabase({
      location: { url: url.href },
      clock: systemClock,
      timeoutMs: 300,
      connectTimeoutMs: 300,
      maxConnections: 4,
      onNotice: (text) => notices.push(text),
    });
    await untilAnswered();
    notices.length = 0;
  });
  afterEach(async () => {
    wire.thaw();
    await database.close();
    await wire.close().catch(() => undefined);
  });

  /** How a call ended and how long it took, in milliseconds. */
  async function call(): Promise<{ readonly kind: string; readonly ms: number }> {
    const began = performance.now();
    const kind = await database.all('SELECT 1').then(
      () => 'answered',
      (error: unknown) => (error instanceof SqlError ? error.kind : String(error)),
    );
    return { kind, ms: performance.now() - began };
  }

  async function untilAnswered(): Promise<number> {
    const began = performance.now();
    while ((await call()).kind !== 'answered') {
      if (performance.now() - began > 20_000) throw new Error('It never answers again.');
    }
    return performance.now() - began;
  }

  test('that freezes costs three waits, then nothing, and is used again when it is back', async () => {
    wire.freeze();
    for (let count = 0; count < 3; count += 1) {
      const { kind, ms } = await call();
      expect(['timeout', 'unavailable']).toContain(kind);
      expect(ms).toBeLessThan(5_000);
    }
    const began = performance.now();
    const waits: number[] = [];
    while (performance.now() - began < 2_500) {
      const { kind, ms } = await call();
      expect(kind).toBe('unavailable');
      waits.push(ms);
    }
    waits.sort((a, b) => a - b);
    expect(waits.length).toBeGreaterThan(20);
    // All but those that this machine itself was late with.
    expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(50);
    expect(notices).toHaveLength(1);
    wire.thaw();
    expect(await untilAnswered()).toBeLessThan(15_000);
    expect(notices[1]).toContain('answers again');
  });

  test('that freezes in a transaction ends it, and nothing of it stays', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.run('CREATE TABLE never_committed (id TEXT)');
      wire.freeze();
      await transaction.run('INSERT INTO never_committed (id) VALUES (?)', ['a']);
    });
    await expect(work).rejects.toMatchObject({ kind: 'timeout' });
    wire.thaw();
    await untilAnswered();
    const tables = await database.all(`SELECT to_regclass('never_committed') AS name`, [], patient);
    expect(tables).toEqual([{ name: null }]);
  });

  test('that breaks off while a transaction has nothing to ask ends it, and not the process', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.all('SELECT 1');
      await wire.close();
      // The news of it is on the way.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      await transaction.all('SELECT 2');
    }, patient);
    await expect(work).rejects.toMatchObject({ kind: 'unavailable' });
    await wire.open(server.hostname, Number(server.port || 5432));
    await untilAnswered();
  });

  test('that restarts is used again, and so are its notifications', async () => {
    const heard: string[] = [];
    let wake = () => {};
    const stop = database.listen('lost_server_test', (text) => {
      heard.push(text);
      wake();
    });
    await wire.close();
    heard.length = 0;
    await expect(database.all('SELECT 1', [], patient)).rejects.toMatchObject({ kind: 'unavailable' });
    await wire.open(server.hostname, Number(server.port || 5432));
    await untilAnswered();
    const until = async (isHeard: () => boolean) => {
      while (!isHeard()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    // It listens on a new connection.
    await until(() => heard.length > 0);
    await database.all(`SELECT pg_notify('lost_server_test', ?)`, ['hello'], patient);
    await until(() => heard.includes('hello'));
    await stop?.();
  });

  test('that has no free connection says so within the limit of the call', async () => {
    const narrow = await openPatiently(server, { maxConnections: 1 });
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let held: Promise<void> | undefined;
    await new Promise<void>((resolve, reject) => {
      held = narrow.transaction(async (transaction) => {
        await transaction.all('SELECT 1');
        resolve();
        await released;
      }, patient);
      held.catch(reject);
    });
    const began = performance.now();
    await expect(narrow.all('SELECT 1', [], { timeoutMs: 300 })).rejects.toMatchObject({ kind: 'timeout' });
    expect(performance.now() - began).toBeLessThan(5_000);
    release();
    await held;
    expect(await narrow.all('SELECT 1 AS one', [], patient)).toEqual([{ one: 1 }]);
    await narrow.close();
  });

  test('that does not know the user or the database is told apart, without the password', async () => {
    const url = new URL(server);
    url.pathname = '/no_such_database';
    url.password = 'very-secret';
    const other = await openPatiently(url);
    const error = await other.all('SELECT 1').catch((reason: unknown) => reason as SqlError);
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('Create the database') });
    expect(JSON.stringify(error) + other.location).not.toContain('very-secret');
    await other.close();
  });
});
