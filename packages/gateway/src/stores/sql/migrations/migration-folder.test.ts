import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builtInFolder, createMigration, readMigrations } from './migration-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const names = async (...folders: string[]) => (await readMigrations(folders)).map(({ name }) => name);

describe('the folder of the gateway', () => {
  test('has the documented files, each with a way back', async () => {
    const migrations = await readMigrations([builtInFolder()]);
    expect(migrations.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        '20240101000000_initial_schema',
        '20240102000000_add_providers',
        '20240104000000_add_audit_logs',
      ]),
    );
    for (const { down } of migrations) expect(down).toBeDefined();
  });
});

describe('folders of migrations', () => {
  test('are read in the order of time', async () => {
    writeFileSync(join(folder, '20250102000000_b.sql'), 'SELECT 1');
    writeFileSync(join(folder, '20230102000000_a.sql'), 'SELECT 1');
    writeFileSync(join(folder, '20230102000000_a.down.sql'), 'SELECT 2');
    writeFileSync(join(folder, 'README.md'), 'no migration');
    const all = await readMigrations([builtInFolder(), folder]);
    expect([all[0]?.name, all.at(-1)?.name]).toEqual(['20230102000000_a', '20250102000000_b']);
    expect([all[0]?.down, all.at(-1)?.down]).toEqual(['SELECT 2', undefined]);
  });

  test('need not be there', async () => {
    expect(await names(join(folder, 'none'))).toEqual([]);
  });

  test('are refused when two migrations have one time', async () => {
    writeFileSync(join(folder, '20240101000000_mine.sql'), 'SELECT 1');
    await expect(names(builtInFolder(), folder)).rejects.toThrow(
      'Two migrations have one time: 20240101000000_initial_schema and 20240101000000_mine',
    );
  });
});

describe('a new migration', () => {
  const now = Date.UTC(2026, 1, 3, 4, 5, 6);

  test('is a file with its time and name, to be filled', async () => {
    const path = await createMigration({ folder: join(folder, 'new'), name: 'Add usage-tracking', now });
    expect(basename(path)).toBe('20260203040506_add_usage_tracking.sql');
    await expect(names(join(folder, 'new'))).rejects.toThrow('nothing below "-- up"');
    writeFileSync(path, '-- up\nSELECT 1;\n-- down\nSELECT 2;\n');
    expect(await names(join(folder, 'new'))).toEqual(['20260203040506_add_usage_tracking']);
  });

  test('never takes the place of another', async () => {
    await createMigration({ folder, name: 'a', now });
    await expect(createMigration({ folder, name: 'a', now })).rejects.toThrow('there already');
  });

  test.each(['', '  ', '../..', 'ä'])('cannot be called %j', async (name) => {
    await expect(createMigration({ folder, name, now })).rejects.toThrow('no name for a migration');
    expect(readdirSync(folder)).toEqual([]);
  });
});
