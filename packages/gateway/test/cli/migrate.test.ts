import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgresUrl, testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { root } from '../source-tree.ts';
import { type CliSettings, runCli } from './run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-migrate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (argv: string[], settings: CliSettings = {}) => runCli(['migrate', ...argv], { cwd: folder, ...settings });
const dataOf = async (argv: string[], settings?: CliSettings) => {
  const { code, stdout } = await run([...argv, '--json'], settings);
  return { code, ...JSON.parse(stdout) };
};
const builtIn = readdirSync(join(root, 'packages/gateway/migrations'))
  .map((file) => file.replace('.sql', ''))
  .sort();

describe('without a database of one’s own', () => {
  const file = () => join(folder, 'data', 'llm-gateway.db');

  it('works on the embedded file, and says so', async () => {
    const { code, stdout } = await run(['run']);
    expect(code).toBe(0);
    expect(stdout).toContain(`applied ${builtIn[0]}`);
    expect(stdout).toContain(`${file()}: ${builtIn.length} migrations applied`);
    expect(statSync(file()).mode & 0o077).toBe(0);
    expect((await run(['run'])).stdout).toBe(`${file()}: up to date\n`);
  });

  it('shows what is pending without making a file', async () => {
    const status = await run(['status']);
    expect(status.stdout).toContain(`${file()}: ${builtIn.length} pending, and not made yet`);
    expect(await dataOf(['status'])).toMatchObject({
      success: true,
      data: { database: file(), pending: builtIn.length },
    });
    expect(existsSync(file())).toBe(false);
  });

  it('has nothing to undo where there is no file', async () => {
    const { code, stderr } = await run(['revert']);
    expect(code).toBe(1);
    expect(stderr).toContain(`There is no database at ${file()}. "llm-gateway migrate run" makes one`);
    expect(existsSync(file())).toBe(false);
  });
});

describe.each(testDialects)('on $name', ({ create }) => {
  it('applies, shows and undoes, by steps', async () => {
    const { location, drop } = await create();
    const address = 'url' in location ? location.url : location.file;
    const settings = { env: { DATABASE_URL: address } };
    expect(await dataOf(['run'], settings)).toMatchObject({ code: 0, success: true, data: { applied: builtIn } });
    expect(await dataOf(['run'], settings)).toMatchObject({ code: 0, data: { applied: [] } });
    expect((await dataOf(['revert'], settings)).data.reverted).toEqual(builtIn.slice(-1));
    expect((await dataOf(['revert', '--steps', String(builtIn.length - 2)], settings)).data.reverted).toEqual(
      builtIn.slice(1, -1).toReversed(),
    );
    const { data } = await dataOf(['status'], settings);
    expect(data.pending).toBe(builtIn.length - 1);
    expect(data.migrations).toMatchObject([
      {
        version: '20240101000000',
        name: '20240101000000_initial_schema',
        state: 'applied',
        applied_at: expect.any(String),
        reversible: true,
      },
      ...builtIn.slice(1).map(() => ({ state: 'pending', applied_at: null })),
    ]);
    expect((await run(['status'], settings)).stdout).toMatch(
      /^MIGRATION\tSTATE\tAPPLIED\n20240101000000_initial_schema\tapplied\t\d/,
    );
    expect((await run(['revert', '--steps', '9'], settings)).stdout).toContain('1 migration reverted');
    expect((await run(['revert'], settings)).stdout).toContain('nothing to undo');
    await drop();
  });
});

describe('revert', () => {
  const latest = builtIn.at(-1)!;
  const reverted = async () => (await dataOf(['status'])).data.pending;

  it.each(['', '\n', 'n\n', 'yes, please\n'])('asked nobody who sits at a terminal: %j', async (typed) => {
    await run(['run']);
    const { code, stdout, stderr } = await run(['revert', '--steps', '99'], { isTerminal: true, typed });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`the tables of ${latest}, .* will be lost\\. Go on\\? .*Nothing was done`));
    expect(await reverted()).toBe(0);
  });

  it.each([
    ['who says yes', [], { isTerminal: true, typed: 'y\n' }],
    ['who said so before', ['--yes'], { isTerminal: true }],
    ['a script', [], {}],
  ])('obeys %s', async (_who, argv, settings) => {
    await run(['run']);
    expect(await run(['revert', ...argv], settings)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(latest),
    });
    expect(await reverted()).toBe(1);
  });
});

describe('a migration of one’s own', () => {
  it('is made, applied and undone with the others', async () => {
    const made = await dataOf(['create', 'add_usage_tracking']);
    expect(made.code).toBe(0);
    const [name] = readdirSync(join(folder, 'migrations'));
    expect(name).toMatch(/^\d{14}_add_usage_tracking\.sql$/);
    expect(made.data).toEqual({ file: join(folder, 'migrations', name!) });
    // Nobody has written what it does.
    expect(await run(['run'])).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing below "-- up"') });
    const text = readFileSync(made.data.file, 'utf8');
    writeFileSync(
      made.data.file,
      text
        .replace('-- up\n', '-- up\nCREATE TABLE mine (id TEXT);\n')
        .replace('-- down\n', '-- down\nDROP TABLE mine;\n'),
    );
    expect((await dataOf(['run'])).data.applied).toEqual([...builtIn, name!.replace('.sql', '')]);
    writeFileSync(made.data.file, readFileSync(made.data.file, 'utf8').replace('mine (id', 'mine (other'));
    expect(await run(['run'])).toMatchObject({ code: 1, stderr: expect.stringContaining('is not what was applied') });
    expect(await run(['status'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('is not what was applied'),
    });
    expect((await dataOf(['revert'])).data.reverted).toEqual([name!.replace('.sql', '')]);
    expect((await dataOf(['run'])).code).toBe(0);
  });

  it('needs a name', async () => {
    expect((await run(['create'])).code).toBe(2);
    expect(await run(['create', '../..'])).toMatchObject({ code: 1, stderr: expect.stringContaining('no name') });
  });
});

describe('a database that is not there', () => {
  it('is an error with a remedy, and without the password', async () => {
    const env = { DATABASE_URL: 'postgres://user:very-secret@127.0.0.1:9/none' };
    for (const argv of [['run'], ['status'], ['revert'], ['run', '--json']]) {
      const { code, stdout, stderr } = await run(argv, { env });
      expect(code).toBe(1);
      expect(stdout + stderr).toContain('See that the server runs and that DATABASE_URL names it.');
      expect(stdout + stderr).not.toContain('very-secret');
    }
    expect(await run(['run'], { env: { DATABASE_URL: 'mysql://h/db' } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No database speaks mysql'),
    });
  });

  it.runIf(postgresUrl !== undefined)('is named by the flag before the variable', async () => {
    const env = { DATABASE_URL: postgresUrl! };
    const { data } = await dataOf(['run', '--database', 'mine.db'], { env });
    expect(data).toMatchObject({ database: join(folder, 'mine.db'), dialect: 'sqlite' });
  });
});
