import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { createSqlAuditStore } from '../../src/stores/sql/audit-store.ts';
import { type Database, openDatabase } from '../../src/stores/sql/database.ts';
import { migrate } from '../../src/stores/sql/record.fixture.ts';
import { type TestPlace, testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { runCli } from './run-cli.ts';

describe.each(testDialects)('the audit log on $name', ({ create }) => {
  let place: TestPlace;
  let database: Database;
  beforeEach(async () => {
    place = await create();
    database = await openDatabase({ location: place.location, clock: systemClock });
    await migrate(database);
    const store = createSqlAuditStore({ database, clock: systemClock });
    await store.append([
      { kind: 'key.created', actor: 'admin', outcome: 'success', tenantId: 'acme', subject: 'k1' },
      { kind: 'auth.failed', actor: 'anonymous', outcome: 'denied' },
      { kind: 'request.body', actor: 'k1', outcome: 'success', tenantId: 'acme', body: 'Hello!' },
    ]);
  });
  afterEach(async () => {
    await database.close();
    await place.drop();
  });

  const run = (...argv: string[]) => {
    const { location } = place;
    return runCli(['audit', ...argv, '--database', 'url' in location ? location.url : location.file]);
  };
  const exported = async (...argv: string[]) =>
    (await run('export', ...argv)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  it('is intact as it was written, and has the event of before', async () => {
    const told = JSON.parse((await run('verify', '--json')).stdout);
    expect(told).toMatchObject({ success: true, data: { intact: true, events: 3, bodies: 1, last_seq: 3 } });
    const { data } = told;
    const again = await run('verify', '--known', `${data.last_seq}:${data.last_hash}`);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(`last event: 3:${data.last_hash}`) });
  });

  it.each([
    ["UPDATE audit_events SET actor = 'nobody' WHERE seq = 2", 'event 2 is at fault: it is not what was written'],
    ['DELETE FROM audit_events WHERE seq = 2', 'event 2 is at fault: 1 events are missing'],
    ["UPDATE audit_bodies SET body = 'Bye!'", 'event 3 is at fault: the body beside it is not what was written'],
  ])('is not after %s', async (sql, problem) => {
    await database.run(sql);
    const { code, stderr } = await run('verify');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(problem) });
    expect(JSON.parse((await run('verify', '--json')).stdout)).toMatchObject({
      success: false,
      data: { intact: false },
    });
  });

  it('is not what it was when somebody wrote it anew from the first event on', async () => {
    const { data } = JSON.parse((await run('verify', '--json')).stdout);
    await database.script(
      `DELETE FROM audit_bodies; DELETE FROM audit_events; UPDATE audit_chain SET head_seq = 0, head_hash = '', head_at = 0;`,
    );
    const store = createSqlAuditStore({ database, clock: systemClock });
    const harmless = { kind: 'a', actor: 'b', outcome: 'success' } as const;
    await store.append([harmless, harmless, harmless]);
    expect((await run('verify')).code).toBe(0);
    const { code, stderr } = await run('verify', '--known', `${data.last_seq}:${data.last_hash}`);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('event 3 is another one than before'),
    });
    expect((await run('verify', '--known', '3')).code).toBe(2);
  });

  it('is exported a line for each event, all or some', async () => {
    expect((await exported()).map(({ kind, seq }) => [seq, kind])).toEqual([
      [1, 'key.created'],
      [2, 'auth.failed'],
      [3, 'request.body'],
    ]);
    expect(await exported('--tenant', 'acme', '--from-seq', '2', '--bodies')).toMatchObject([
      { seq: 3, body: 'Hello!', detail: { body_sha256: expect.any(String) }, previous_hash: expect.any(String) },
    ]);
    expect(await exported('--kind', 'auth.failed')).toMatchObject([{ seq: 2, tenant_id: null }]);
    expect((await exported('--kind', 'request.body'))[0]).not.toHaveProperty('body');
  });
});
