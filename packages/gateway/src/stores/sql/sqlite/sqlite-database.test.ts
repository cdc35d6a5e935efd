import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../canonical/clock.ts';
import { createManualClock } from '../../manual-clock.fixture.ts';
import { type Database, type DatabaseSettings, openDatabase } from '../database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (name = 'record.db', settings: Partial<DatabaseSettings> = {}): Promise<Database> =>
  openDatabase({
    location: { file: name === ':memory:' ? name : join(folder, name) },
    clock: systemClock,
    ...settings,
  });
const endless = `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) SELECT COUNT(*) AS n FROM c`;

test('the file and its folder are for their owner alone', async () => {
  const database = await open('a/b/record.db');
  await database.script('CREATE TABLE t (id TEXT)');
  const names = readdirSync(join(folder, 'a', 'b'));
  expect(names).toEqual(expect.arrayContaining(['record.db', 'record.db-wal']));
  for (const name of names) expect(statSync(join(folder, 'a', 'b', name)).mode & 0o077).toBe(0);
  expect(statSync(join(folder, 'a')).mode & 0o077).toBe(0);
  await database.close();
});

test('a file that was closed is whole without its log', async () => {
  const database = await open();
  await database.script('CREATE TABLE t (id TEXT)');
  await database.run('INSERT INTO t (id) VALUES (?)', ['a']);
  await database.report('SELECT 1');
  await database.close();
  expect(existsSync(join(folder, 'record.db-wal'))).toBe(false);
  const again = await open();
  expect(await again.all('SELECT id FROM t')).toEqual([{ id: 'a' }]);
  await again.close();
});

test('a file can be opened by many at once when it is new', async () => {
  const databases = await Promise.all(Array.from({ length: 8 }, () => open()));
  await Promise.all(databases.map((database) => database.all('SELECT 1')));
  await databases[0]!.script('CREATE TABLE t (id TEXT PRIMARY KEY)');
  const insert = (database: Database, index: number) => database.run('INSERT INTO t (id) VALUES (?)', [`${index}`]);
  await Promise.all(databases.map(insert));
  expect(await databases[3]!.all('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: 8 }]);
  await Promise.all(databases.map((database) => database.close()));
});

test('one in memory has reports too', async () => {
  const database = await open(':memory:');
  await database.script('CREATE TABLE t (id TEXT)');
  await database.run('INSERT INTO t (id) VALUES (?)', ['a']);
  expect(await database.report('SELECT id FROM t')).toEqual([{ id: 'a' }]);
  await database.close();
});

test('a place that cannot be written is an error with a remedy', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(open('file/record.db')).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('See that its folder exists'),
  });
});

test('a file that is no database is told to the first call, and to the next', async () => {
  writeFileSync(join(folder, 'record.db'), 'Something else that somebody keeps here.'.repeat(100));
  const database = await open();
  for (let count = 0; count < 2; count += 1) {
    await expect(database.all('SELECT 1')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('is not a SQLite database'),
    });
  }
  await database.close();
});

test('one that was opened and never asked anything is closed', async () => {
  const database = await open();
  database.expectReport();
  await database.close();
  // The driver may let go of a connection a moment after it is told to.
  await expect.poll(() => existsSync(join(folder, 'record.db-wal'))).toBe(false);
});

test('a call that nobody waits for any more is not made', async () => {
  const database = await open();
  await database.script('CREATE TABLE t (id TEXT)');
  const controller = new AbortController();
  const slow = database.all(endless, [300_000]);
  const given = database.run('INSERT INTO t (id) VALUES (?)', ['a'], { signal: controller.signal });
  controller.abort();
  await expect(given).rejects.toMatchObject({ kind: 'aborted' });
  await slow;
  expect(await database.all('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: 0 }]);
  await database.close();
});

test('calls that wait are bounded in number', async () => {
  const database = await open();
  const slow = database.all(endless, [300_000]);
  const calls = Array.from({ length: 1_010 }, () =>
    database.all('SELECT 1').then(
      () => 'answered',
      (error: { readonly kind: string }) => error.kind,
    ),
  );
  const ends = await Promise.all(calls);
  expect(new Set(ends)).toEqual(new Set(['answered', 'busy']));
  await slow;
  await database.close();
});

test('a thread that does not answer is waited for three times, and no more until it does', async () => {
  const clock = createManualClock();
  const notices: string[] = [];
  const database = await open('record.db', { clock, timeoutMs: 100, onNotice: (text) => notices.push(text) });
  await database.all('SELECT 1');
  let isOver = false;
  const slow = database.all(endless, [2_000_000], { timeoutMs: 60_000 }).then(() => {
    isOver = true;
  });
  const ends: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    const call = database.all('SELECT 1').catch((error: { readonly kind: string }) => ends.push(error.kind));
    // The call is under way when the time passes.
    await Promise.resolve();
    clock.advance(100);
    await call;
  }
  expect([ends, isOver]).toEqual([['timeout', 'timeout', 'timeout', 'unavailable'], false]);
  await slow;
  clock.advance(1_000);
  expect(await database.all('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(notices).toEqual([expect.stringContaining('does not answer'), expect.stringContaining('answers again')]);
  await database.close();
});

test('closing breaks off a report that would go on for ever', async () => {
  const database = await open();
  await database.all('SELECT 1');
  const report = database.report(endless, [1e15]).catch((error: { readonly kind: string }) => error.kind);
  const began = performance.now();
  await database.close();
  expect(performance.now() - began).toBeLessThan(2_300);
  expect(await report).toBe('unavailable');
  await expect(database.all('SELECT 1')).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a report that nobody waits for any more is broken off, and the next one has its turn', async () => {
  const database = await open();
  await database.script('CREATE TABLE t (n INTEGER)');
  await database.run(`INSERT INTO t WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000)
    SELECT n FROM c`);
  const reports = [
    // One that has no row for ever, and one that has ever more of them.
    [endless, [1e15]],
    ['SELECT a.n FROM t a, t b, t c, t d, t e', []],
  ] as const;
  for (const [sql, parameters] of reports) {
    const controller = new AbortController();
    const given = database.report(sql, parameters, { signal: controller.signal });
    expect(await database.all('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: 2_000 }]);
    controller.abort();
    await expect(given).rejects.toMatchObject({ kind: 'aborted' });
    expect(await database.report('SELECT MAX(n) AS most FROM t')).toEqual([{ most: 2_000 }]);
  }
  await database.close();
});
