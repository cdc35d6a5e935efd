import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { createSqlAuditStore } from '../../src/stores/sql/audit-store.ts';
import { openDatabase } from '../../src/stores/sql/database.ts';
import { createSqlTenantStore } from '../../src/stores/sql/tenant-store.ts';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { runCli } from './run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-db-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...argv: string[]) => runCli(argv, { cwd: folder });
const file = () => join(folder, 'data', 'llm-gateway.db');

/** Makes the embedded file, with something in it. */
async function fill(): Promise<void> {
  await run('migrate', 'run');
  const database = await openDatabase({ location: { file: file() }, clock: systemClock });
  const context = { database, clock: systemClock, newId: () => 'org-1' };
  await createSqlTenantStore(context).organisations.create({ name: 'Org', settings: {}, isActive: true });
  await createSqlAuditStore(context).append([{ kind: 'a', actor: 'b', outcome: 'success' }]);
  await database.close();
}

describe('db copy', () => {
  it.each(testDialects)('moves the embedded file to $name', async ({ create }) => {
    await fill();
    const { location, drop } = await create();
    const to = 'url' in location ? location.url : location.file;
    const copied = await run('db', 'copy', '--to', to, '--json');
    expect(copied).toMatchObject({ code: 0, stderr: '' });
    const { data } = JSON.parse(copied.stdout);
    expect(data).toMatchObject({ from: file(), tables: expect.arrayContaining([{ table: 'organisations', rows: 1 }]) });
    expect(await run('db', 'check', '--database', to)).toMatchObject({ code: 0 });

    const again = await run('db', 'copy', '--from', 'data/llm-gateway.db', '--to', to);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('is not empty');
    const forced = await run('db', 'copy', '--from', 'data/llm-gateway.db', '--to', to, '--force');
    expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining('rows copied and compared') });
    await drop();
  });

  it('does not make a database to copy from', async () => {
    const { code, stderr } = await run('db', 'copy', '--from', 'typo.db', '--to', 'copy.db');
    expect(code).toBe(1);
    expect(stderr).toContain('There is no database at');
    expect([existsSync(join(folder, 'typo.db')), existsSync(join(folder, 'copy.db'))]).toEqual([false, false]);
  });

  it('brought what it copies up to date, under the gateway that uses it', async () => {
    await fill();
    await run('migrate', 'revert');
    const before = (await run('migrate', 'status')).stdout;
    const { code, stderr } = await run('db', 'copy', '--to', 'copy.db');
    expect([code, stderr]).toEqual([1, expect.stringContaining('lacks 1 of')]);
    expect((await run('migrate', 'status')).stdout).toBe(before);
  });

  it('does not copy a database onto itself, nor to nowhere', async () => {
    await fill();
    expect((await run('db', 'copy', '--to', './data/../data/llm-gateway.db')).code).toBe(2);
    expect((await run('db', 'copy')).code).toBe(2);
  });
});

describe('db check', () => {
  it('is 0 for a database that is whole', async () => {
    await fill();
    const { code, stdout } = await run('db', 'check');
    expect(code).toBe(0);
    expect(stdout).toContain('audit chain\t1 events');
    expect(stdout).toContain('whole');
    const { data } = JSON.parse((await run('db', 'check', '--json')).stdout);
    expect(data.checks.map(({ check, good }: { check: string; good: boolean }) => [check, good])).toEqual([
      ['storage', true],
      ['references', true],
      ['migrations', true],
      ['audit chain', true],
    ]);
  });

  it('is 1 for one that is not, and names what is wrong', async () => {
    await fill();
    const database = await openDatabase({ location: { file: file() }, clock: systemClock });
    await database.run('UPDATE audit_events SET actor = ?', ['c']);
    await database.close();
    const { code, stderr } = await run('db', 'check');
    expect(code).toBe(1);
    expect(stderr).toContain('audit chain: Event 1 is not in order');
    expect(JSON.parse((await run('db', 'check', '--json')).stdout)).toMatchObject({
      success: false,
      data: { checks: expect.arrayContaining([expect.objectContaining({ check: 'audit chain', good: false })]) },
    });
  });

  it('is 1 for a file that is no database, and for none', async () => {
    writeFileSync(join(folder, 'odd.db'), 'this is no database, however long it may be '.repeat(100));
    expect(await run('db', 'check', '--database', 'odd.db')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not a SQLite database'),
    });
    expect((await run('db', 'check')).code).toBe(1);
  });
});
