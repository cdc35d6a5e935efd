import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { sampleAttempt, sampleRow, sampleSubject } from '../../src/ledger/ledger-row.fixture.ts';
import { batchOf } from '../../src/stores/sql/ledger-database.fixture.ts';
import { createSqlLedgerStore } from '../../src/stores/sql/ledger-store.ts';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

const prompt = 'a prompt that no list may show';

describe.each(testDialects)('what the admin API tells of requests, on $name', ({ create }) => {
  let simulator: Simulator;
  let gateway: RecordGateway;
  let drop: () => Promise<void>;
  const keys: { id: string; key: string }[] = [];
  let ofTenant: string;
  beforeAll(async () => {
    simulator = await startSimulator({ tokens: 5 });
    const place = await create();
    drop = place.drop;
    gateway = await startRecordGateway({
      location: place.location,
      config: {
        models: { fast: { providers: [{ name: 'main', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }] } },
      },
    });
    await gateway.admin('POST', '/admin/tenants', { id: 'acme', name: 'Acme' });
    for (const fields of [{ name: 'first' }, { name: 'of acme', tenant_id: 'acme' }]) {
      keys.push((await gateway.admin('POST', '/admin/keys', fields)).body);
    }
    const admin = { name: 'of the tenant', tenant_id: 'acme', scopes: { admin: 'tenant' } };
    ofTenant = (await gateway.admin('POST', '/admin/keys', admin)).body.key;
    const messages = [{ role: 'user', content: prompt }];
    await gateway.chat(keys[0]!.key, 'fast', { messages });
    await gateway.chat(keys[1]!.key, 'fast', { messages });
    await gateway.chat(keys[1]!.key, 'unknown', { messages });
    await vi.waitFor(async () => {
      await gateway.drainLedger();
      expect((await list()).body.total).toBe(3);
    }, 10_000);
  });
  afterAll(async () => {
    await gateway.stop();
    await simulator.close();
    await drop();
  });

  const list = async (query = '', key?: string) => {
    const reply = await gateway.admin('GET', `/admin/logs${query}`, undefined, key);
    expect(reply.status, reply.text).toBe(200);
    return reply;
  };
  const modelsOf = async (query: string, key?: string) =>
    (await list(query, key)).body.data.map((row: { requested_model: string }) => row.requested_model);

  it('has the newest request first, whom it was of and what it used, and nothing that was said', async () => {
    const { body, text } = await list();
    expect(body).toMatchObject({ total: 3, is_more: false, page: 1, per_page: 50 });
    const [refused, ofAcme, first] = body.data;
    expect(refused).toMatchObject({ requested_model: 'unknown', outcome: 'rejected', status: 404, tenant_id: 'acme' });
    expect(ofAcme).toMatchObject({ key_id: keys[1]!.id, tenant_id: 'acme', principal: 'of acme', status: 200 });
    expect(first).toMatchObject({ key_id: keys[0]!.id, tenant_id: null, provider: 'main', attempts: 1, cost: null });
    expect(first.total_tokens).toBe(first.input_tokens + first.output_tokens);
    expect(first.output_tokens).toBe(5);
    expect(Date.parse(first.time)).toBeGreaterThan(Date.now() - 600_000);
    expect(text).not.toContain(prompt);
  });

  it.each([
    ['GET', '/admin/logs?key_id=%00', undefined],
    ['GET', '/admin/logs?provider=%00', undefined],
    ['GET', '/admin/keys?after=%00', undefined],
    ['GET', '/admin/audit?kind=%00', undefined],
    ['POST', '/admin/keys', { name: 'x', team_id: '\0' }],
    ['POST', '/admin/models', { name: 'x', provider_id: '\0' }],
    ['POST', '/admin/budgets', { name: 'x', scope: 'key', scope_id: '\0', period: 'day', cap_usd: 1 }],
  ] as const)('a zero in an id is no fault of the database: %s %s', async (method, path, body) => {
    expect((await gateway.admin(method, path, body)).status).toBe(400);
  });

  it('comes in pages', async () => {
    const ids: string[] = [];
    for (const page of [1, 2, 3, 4]) {
      const { body } = await list(`?per_page=1&page=${page}`);
      expect(body).toMatchObject({ page, per_page: 1, total: 3 });
      ids.push(...body.data.map(({ id }: { id: string }) => id));
    }
    expect(new Set(ids).size).toBe(3);
  });

  it('is narrowed', async () => {
    expect(await modelsOf(`?key_id=${keys[1]!.id}`)).toEqual(['unknown', 'fast']);
    expect(await modelsOf(`?key_id=${keys[1]!.id}&model=fast`)).toEqual(['fast']);
    expect(await modelsOf('?provider=main')).toEqual(['fast', 'fast']);
    expect(await modelsOf(`?provider=main&key_id=${keys[1]!.id}`)).toEqual(['fast']);
    expect(await modelsOf('?provider=another')).toEqual([]);
    expect(await modelsOf('?status=4xx')).toEqual(['unknown']);
    expect(await modelsOf('?status=404&outcome=rejected')).toEqual(['unknown']);
    expect(await modelsOf('?tenant_id=acme&status=200')).toEqual(['fast']);
    expect(await modelsOf('?from=2099-01-01T00:00:00Z')).toEqual([]);
    expect(await modelsOf('?to=2099-01-01T00:00:00Z')).toHaveLength(3);
  });

  it.each(['per_page=201', 'per_page=0', 'page=0', 'page=201', 'status=6', 'status=oops', 'from=soon', 'colour=red'])(
    'refuses %s',
    async (query) => {
      const { body, status } = await gateway.admin('GET', `/admin/logs?${query}`);
      expect(status).toBe(400);
      expect(body.error.param).toBe(query.split('=')[0]);
    },
  );

  it('shows to who administers a tenant what is of it', async () => {
    expect(await modelsOf('', ofTenant)).toEqual(['unknown', 'fast']);
    expect(await modelsOf(`?key_id=${keys[0]!.id}`, ofTenant)).toEqual([]);
    expect(await modelsOf('?tenant_id=acme', ofTenant)).toEqual(['unknown', 'fast']);
  });

  it.each(['logs', 'audit', 'keys'])(
    'of another tenant (%s) was answered with those of the own one, as if they were what was asked for',
    async (list) => {
      const { body, status } = await gateway.admin('GET', `/admin/${list}?tenant_id=another`, undefined, ofTenant);
      expect([status, body.error.param]).toEqual([403, 'tenant_id']);
      expect((await gateway.admin('GET', `/admin/${list}?tenant_id=acme`, undefined, ofTenant)).status).toBe(200);
    },
  );

  it('is summed up for a dashboard', async () => {
    const before = (await gateway.admin('GET', '/admin/stats')).body;
    expect(before).toMatchObject({ total_requests: 3, total_requests_24h: 3, total_errors_24h: 1 });
    const old = (days: number) =>
      sampleRow({
        subject: sampleSubject({ keyId: undefined }),
        endedAt: systemClock.wallNow() - days * 86_400_000,
        outcome: 'client_closed',
        status: 499,
        durationMs: 1_000,
        attempts: [sampleAttempt({ usage: { input: 1_000, output: 500 } })],
      });
    await createSqlLedgerStore(gateway.record.database).commit(batchOf([old(2), old(2), old(20)]));
    const { body } = await gateway.admin('GET', '/admin/stats');
    expect(body).toMatchObject({ total_requests: 6, total_requests_24h: 3, total_errors_24h: 1 });
    expect(body.total_tokens_24h).toBe(before.total_tokens_24h);
    expect(body.requests_per_hour.reduce((sum: number, one: { requests: number }) => sum + one.requests, 0)).toBe(3);
    expect(body.model_usage).toContainEqual({
      model: 'large-2',
      requests: 2,
      errors: 0,
      tokens: 3_000,
      avg_latency: 1_000,
    });
    expect(body.provider_usage).toContainEqual(expect.objectContaining({ provider: 'acme', requests: 2 }));
    expect(body.provider_usage).toContainEqual(expect.objectContaining({ provider: 'main', requests: 2, errors: 0 }));
  });
});
