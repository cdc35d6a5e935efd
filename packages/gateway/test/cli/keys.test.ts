import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { adminKey, type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';
import { runCli } from './run-cli.ts';

const shape = /^sk-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/;

describe('keys', () => {
  let gateway: RecordGateway;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const place = await testDialects[0]!.create();
    drop = place.drop;
    gateway = await startRecordGateway({ location: place.location });
    await gateway.admin('POST', '/admin/tenants', { id: 'acme', name: 'Acme' });
  });
  afterAll(async () => {
    await gateway.stop();
    await drop();
  });

  const run = (...argv: string[]) =>
    runCli(['keys', ...argv], { env: { GATEWAY_URL: gateway.url, GATEWAY_API_KEY: adminKey } });
  /** Of the demo model, which answers where nothing else does. */
  const statusOf = async (key: string) => (await gateway.chat(key.trim(), 'demo')).status;

  it('are made, listed, rotated and revoked', async () => {
    expect((await run('list')).stdout).toBe('No keys.\n');
    const made = await run(
      'create',
      'my-app',
      '--tenant',
      'acme',
      '--model',
      'demo',
      'other',
      '--requests-per-minute',
      '9',
      '--token-budget',
      '5000',
    );
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(shape) });
    expect(made.stderr).toMatch(/^The key my-app has the id \S+\. Its value is not shown again\.\n$/);
    expect(await statusOf(made.stdout)).toBe(200);

    const listed = JSON.parse((await run('list', '--tenant', 'acme', '--json')).stdout).data;
    expect(listed).toMatchObject([
      {
        name: 'my-app',
        tenant_id: 'acme',
        scopes: { models: ['demo', 'other'] },
        requests_per_minute: 9,
        token_budget: 5_000,
      },
    ]);
    const [{ id, key_prefix: prefix }] = listed;
    expect((await run('list')).stdout).toMatch(new RegExp(`^ID.*\\n${id}\\tmy-app\\t${prefix}\\tactive\\tacme\\t-\\t`));
    expect((await run('list', '--tenant', 'nobody')).stdout).toBe('No keys.\n');

    const gracious = await run('rotate', id, '--grace', '60');
    expect([await statusOf(made.stdout), await statusOf(gracious.stdout)]).toEqual([200, 200]);
    const rotated = await run('rotate', id, '--json');
    const { key } = JSON.parse(rotated.stdout).data;
    expect([await statusOf(made.stdout), await statusOf(key)]).toEqual([401, 200]);

    expect(await run('revoke', id)).toMatchObject({ code: 0, stdout: 'Revoked.\n' });
    expect(await statusOf(key)).toBe(401);
    expect((await run('list')).stdout).toContain('\trevoked\t');
  });

  it('say when they are over', async () => {
    const { id } = (await gateway.admin('POST', '/admin/keys', { name: 'old' })).body;
    await gateway.admin('PUT', `/admin/keys/${id}`, { expires_at: '2020-01-01T00:00:00Z' });
    expect((await run('list')).stdout).toContain(`${id}\told\t`);
    expect((await run('list')).stdout).toContain('\texpired\t-\t2020-01-01T00:00:00Z\t');
  });

  it('that are not there are told of, and so is what cannot be', async () => {
    expect(await run('revoke', 'nobody')).toMatchObject({ code: 4, stderr: expect.stringContaining('no key') });
    expect(await run('create', 'x', '--expires', 'soon')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('`expires_at`'),
    });
    expect((await run('create')).code).toBe(2);
    const refused = await runCli(['keys', 'list'], { env: { GATEWAY_URL: gateway.url, GATEWAY_API_KEY: 'wrong' } });
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('--api-key') });
  });
});
