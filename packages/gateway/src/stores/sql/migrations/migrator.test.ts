import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../canonical/clock.ts';
import { type Database, openDatabase } from '../database.ts';
import { testDialects, testSettings } from '../test-databases.fixture.ts';
import { type Migration, readMigration } from './migration-file.ts';
import { builtInFolder, readMigrations } from './migration-folder.ts';
import { Migrator } from './migrator.ts';

const table = (time: string, name: string, extra = '') =>
  readMigration(`${time}_${name}`, `-- up\nCREATE TABLE ${name} (id TEXT);${extra}\n-- down\nDROP TABLE ${name};`);
const first = table('20250101000000', 'first');
const second = table('20250102000000', 'second');
const third = table('20250103000000', 'third');
const broken = readMigration('20250104000000_broken', 'CREATE TABLE half (id TEXT);\nCREATE TABLE (;');

describe.each(testDialects)('migrations on $name', ({ create }) => {
  let database: Database;
  let other: Database;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const place = await create();
    drop = place.drop;
    database = await openDatabase({ ...testSettings, location: place.location });
    other = await openDatabase({ ...testSettings, location: place.location });
  });
  afterAll(async () => {
    await database.close();
    await other.close();
    await drop();
  });
  afterEach(async () => {
    for (const { name } of await tablesOf()) await database.script(`DROP TABLE IF EXISTS ${name}`);
  });

  const tablesOf = () =>
    database.all<{ name: string }>(
      database.dialect === 'sqlite'
        ? `SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_migrations' ORDER BY name`
        : `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations' ORDER BY 1`,
    );
  const tables = async () => (await tablesOf()).map(({ name }) => name);
  const migrator = (migrations: readonly Migration[], on = database) =>
    new Migrator({ database: on, clock: systemClock, migrations });
  const states = async (migrations: readonly Migration[]) =>
    (await migrator(migrations).status()).map(({ name, state }) => [name.slice(15), state]);
  const forget = () => database.script('DROP TABLE IF EXISTS schema_migrations');

  test('run what is pending, in order, once', async () => {
    expect(await states([first, second])).toEqual([
      ['first', 'pending'],
      ['second', 'pending'],
    ]);
    // Asking changes nothing.
    expect(await tables()).toEqual([]);
    expect(await migrator([first]).run()).toEqual([first.name]);
    expect(await migrator([first, second]).run()).toEqual([second.name]);
    expect(await migrator([first, second]).run()).toEqual([]);
    expect(await tables()).toEqual(['first', 'second']);
    const status = await migrator([first, second]).status();
    expect(status.map(({ state, isReversible }) => [state, isReversible])).toEqual([
      ['applied', true],
      ['applied', true],
    ]);
    expect(Math.abs(status[0]!.appliedAt! - Date.now())).toBeLessThan(60_000);
    await forget();
  });

  test('run one that was added between two', async () => {
    await migrator([first, third]).run();
    expect(await migrator([first, second, third]).run()).toEqual([second.name]);
    await forget();
  });

  test('go back by steps, the newest first', async () => {
    const all = [first, second, third];
    await migrator(all).run();
    expect(await migrator(all).revert(2)).toEqual([third.name, second.name]);
    expect(await tables()).toEqual(['first']);
    expect(await states(all)).toEqual([
      ['first', 'applied'],
      ['second', 'pending'],
      ['third', 'pending'],
    ]);
    expect(await migrator(all).revert(5)).toEqual([first.name]);
    expect(await migrator(all).revert(1)).toEqual([]);
    await forget();
  });

  test('leave nothing of one that fails', async () => {
    await expect(migrator([first, broken]).run()).rejects.toThrow('broken failed and was undone');
    expect(await tables()).toEqual(['first']);
    expect(await states([first, broken])).toEqual([
      ['first', 'applied'],
      ['broken', 'pending'],
    ]);
    await forget();
  });

  test('are refused when a file was changed after it ran, and tell what to do', async () => {
    await migrator([first]).run();
    const changed = table('20250101000000', 'first', ' SELECT 1;');
    await expect(migrator([changed, second]).run()).rejects.toThrow(
      /first\.sql is not what was applied on \d{4}-.*Restore its text.*llm-gateway migrate revert/,
    );
    expect(await tables()).toEqual(['first']);
    expect(await states([changed])).toEqual([['first', 'changed']]);
    await migrator([changed]).revert(1);
    expect(await migrator([changed]).run()).toEqual([first.name]);
    await forget();
  });

  test('tell of what a newer version applied, and do not touch it', async () => {
    await migrator([first, second]).run();
    expect(await states([first])).toEqual([
      ['first', 'applied'],
      ['second', 'unknown'],
    ]);
    expect(await migrator([first]).run()).toEqual([]);
    await expect(migrator([first]).revert(1)).rejects.toThrow('second was applied from a file that is not here');
    await forget();
  });

  test('say so where there is no way back', async () => {
    const oneWay = readMigration('20250105000000_one_way', 'CREATE TABLE one_way (id TEXT);');
    await migrator([oneWay]).run();
    await expect(migrator([oneWay]).revert(1)).rejects.toThrow('one_way.sql has no way back');
    await forget();
  });

  test('run once when several runners start at once', async () => {
    const all = [first, second, third];
    const runners = [database, other, database, other, other].map((on) => migrator(all, on).run());
    const applied = (await Promise.all(runners)).flat();
    expect(applied.sort()).toEqual(all.map(({ name }) => name));
    expect(await tables()).toEqual(['first', 'second', 'third']);
    await forget();
  });

  test('of the gateway run, go back to nothing, and run again', async () => {
    const all = await readMigrations([builtInFolder()]);
    await Promise.all([migrator(all).run(), migrator(all, other).run()]);
    const made = await tables();
    expect(made).toEqual(expect.arrayContaining(['api_keys', 'audit_events', 'budgets', 'models', 'providers']));
    expect(await migrator(all).revert(all.length)).toHaveLength(all.length);
    expect(await tables()).toEqual([]);
    await migrator(all).run();
    expect(await tables()).toEqual(made);
    await migrator(all).revert(all.length);
    await forget();
  });
});
