import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { sampleAttempt, sampleRow, sampleSubject } from '../../src/ledger/ledger-row.fixture.ts';
import { batchOf } from '../../src/stores/sql/ledger-database.fixture.ts';
import { createSqlLedgerStore } from '../../src/stores/sql/ledger-store.ts';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { adminKey } from '../admin/record-gateway.ts';
import { useRecordOn } from '../admin/use-record.ts';
import { runCli } from '../cli/run-cli.ts';
import { startTestGateway } from '../harness/test-gateway.ts';

/** A request of a tenant, a minute ago. */
function request(provider: string, model: string, tenant: string, durationMs: number) {
  return sampleRow({
    subject: sampleSubject({ tenant, requestId: `${provider}-${durationMs}` }),
    provider,
    targetModel: model,
    durationMs,
    endedAt: systemClock.wallNow() - 60_000,
    attempts: [sampleAttempt({ provider, model, usage: { input: 1_000, output: 100 }, cost: 5_000_000 })],
  });
}

const paths = ['/api/v1/metrics/latency', '/api/v1/metrics/cost', '/api/v1/metrics/tokens', '/api/v1/usage/export'];

describe.each(testDialects)('reports of a record, on $name', ({ create }) => {
  const on = useRecordOn(create);
  beforeAll(async () => {
    const rows = [
      request('acme', 'large', 'one', 100),
      request('acme', 'large', 'one', 300),
      request('beta', 'small', 'two', 50),
    ];
    await createSqlLedgerStore(on.gateway.record.database).commit(batchOf(rows));
  });
  const get = (path: string, key?: string | null) => on.gateway.admin('GET', path, undefined, key);
  const cli = (...argv: string[]) => runCli(argv, { env: { GATEWAY_URL: on.gateway.url, GATEWAY_API_KEY: adminKey } });

  it('tells how long requests took', async () => {
    const { body, status } = await get('/api/v1/metrics/latency?limit=1&percentiles=50,99.9');
    expect(status).toBe(200);
    expect(body).toMatchObject({ window: '1h', total_requests: 3, avg: 150, min: 50, max: 300 });
    expect(Object.keys(body).filter((name) => /^p\d/.test(name))).toEqual(['p50', 'p99.9']);
    expect(body.by_provider).toMatchObject([{ provider: 'acme', total_requests: 2 }, { provider: 'beta' }]);
    expect(body.recent_requests).toHaveLength(1);
    const narrowed = await get('/api/v1/metrics/latency?provider=beta');
    expect(narrowed.body).toMatchObject({ total_requests: 1, max: 50 });
  });

  it('tells what requests cost', async () => {
    const { body } = await get('/api/v1/metrics/cost?group_by=tenant&breakdown=true');
    expect(body).toMatchObject({
      window: '24h',
      currency: 'USD',
      total_cost: 0.015,
      total_requests: 3,
      group_by: 'tenant',
      groups: [
        { name: 'one', cost: 0.01 },
        { name: 'two', cost: 0.005 },
      ],
    });
    expect(body.breakdown).toHaveLength(2);
    const narrowed = await get('/api/v1/metrics/cost?model=small');
    expect(narrowed.body).toMatchObject({ total_cost: 0.005 });
    expect(narrowed.body).not.toHaveProperty('breakdown');
  });

  it('tells which tokens were used', async () => {
    const { body } = await get('/api/v1/metrics/tokens?detailed=true&tenant=one');
    expect(body).toMatchObject({ total_tokens: 2_200, total_input_tokens: 2_000 });
    expect(body.groups).toMatchObject([{ name: 'acme', cached_tokens: 0 }]);
  });

  it.each([
    ['csv', 'text/csv; charset=utf-8'],
    ['json', 'application/json'],
    ['jsonl', 'application/jsonl'],
  ])('exports requests as %s', async (format, type) => {
    const download = (query: string, method = 'GET') =>
      fetch(`${on.gateway.url}/api/v1/usage/export?format=${format}${query}`, {
        method,
        headers: { authorization: `Bearer ${adminKey}` },
      });
    const response = await download('&provider=acme');
    const { headers } = response;
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(headers.get('content-type')).toBe(type);
    expect(headers.get('content-disposition')).toBe(`attachment; filename="usage.${format}"`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text.match(/acme-\d+/g)).toEqual(['acme-100', 'acme-300']);
    if (format === 'json') expect(JSON.parse(text)).toHaveLength(2);
    expect(await (await download('&from=2001-01-01&to=2001-01-02')).text()).not.toContain('acme');
    const head = await download('', 'HEAD');
    expect({ status: head.status, text: await head.text() }).toEqual({ status: 200, text: '' });
  });

  it('exported what is left of a time whose rows are gone as if it were everything', async () => {
    const day = 86_400_000;
    const endedAt = Date.now() - 120 * day;
    const subject = sampleSubject({ tenant: 'early' });
    await createSqlLedgerStore(on.gateway.record.database).commit(
      batchOf([sampleRow({ subject, endedAt })], { spool: 'spool-1-here.1.early' }),
    );
    const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
    const early = `/api/v1/usage/export?from=${dayOf(endedAt - day)}`;
    const refused = await get(`${early}&tenant=early`);
    expect([refused.status, refused.body.error.param]).toEqual([400, 'from']);
    const [since] = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(refused.body.error.message) ?? [];
    expect((await get(`/api/v1/usage/export?from=${since}&tenant=early`)).status).toBe(200);
    expect((await get(`${early}&tenant=late`)).status).toBe(200);
  });

  it.each(paths)('lets nobody else see %s', async (path) => {
    expect((await get(path, null)).status).toBe(401);
    expect((await get(path, 'another-key-than-that')).status).toBe(401);
    expect((await on.gateway.admin('POST', path)).status).toBe(405);
  });

  it.each([
    ['/api/v1/metrics/latency?window=soon', 'window'],
    ['/api/v1/metrics/cost?window=0h', 'window'],
    ['/api/v1/metrics/tokens?window=-1h', 'window'],
    ['/api/v1/metrics/tokens?group_by=colour', 'group_by'],
    ['/api/v1/usage/export?from=soon', 'from'],
  ])('refuses %s', async (path, param) => {
    const { body, status } = await get(path);
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { param } } });
    expect(body.error.message).toMatch(/\.$/);
  });

  it('answers the command line', async () => {
    const { code, stdout, stderr } = await cli('cost', '--group-by', 'model');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('MODEL\tREQUESTS\tINPUT\tOUTPUT\tCOST\nlarge\t2\t2,000\t200\t$0.01\n');
    expect((await cli('latency', '-p', 'beta')).stdout).toContain('whole answer\t1\t50 ms\t50 ms\t50 ms');
    expect((await cli('token-usage')).stdout).toContain('acme\t2\t2,200\t2,000\t200\n');
    const json = JSON.parse((await cli('token-usage', '--json')).stdout);
    expect(json).toMatchObject({ success: true, data: { total_tokens: 3_300 } });
  });

  it('tells the command line what is wrong', async () => {
    const { code, stderr } = await cli('latency', '--window', 'soon');
    expect(code).toBe(4);
    expect(stderr).toContain('such as 90s, 15m, 24h');
    const env = { GATEWAY_URL: on.gateway.url, GATEWAY_API_KEY: 'no-such-key' };
    expect((await runCli(['cost'], { env })).code).toBe(4);
  });
});

it('says how a record is kept where there is none', async () => {
  const gateway = await startTestGateway({ config: {}, env: { ADMIN_KEY: adminKey } });
  try {
    for (const path of paths) {
      const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${adminKey}` } });
      expect(response.status).toBe(503);
      const { error } = (await response.json()) as { error: unknown };
      expect(error).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining('DATABASE_URL') });
    }
    const env = { GATEWAY_URL: gateway.url, GATEWAY_API_KEY: adminKey };
    expect((await runCli(['cost'], { env })).code).toBe(5);
  } finally {
    await gateway.stop();
  }
});
