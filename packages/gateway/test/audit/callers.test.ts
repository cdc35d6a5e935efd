import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/stores/audit-store.ts';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { startTenantGateway, type TenantGateway } from '../tenants/tenant-gateway.ts';

const wrongKey = 'sk-550e8400-e29b-41d4-a716-446655440000';

describe.each(testDialects)('what callers did, in the audit log on $name', (dialect) => {
  let gateway: TenantGateway;
  beforeAll(async () => {
    gateway = await startTenantGateway(dialect, { audit: { max_body_bytes: 256 } });
  });
  afterAll(() => gateway.end());

  const eventsOf = async (query: string) =>
    (await gateway.admin('GET', `/admin/audit?${query}`)).body as readonly (AuditEvent & {
      tenant_id: string | null;
    })[];

  it('has each way of not being let in, once, and how often it happened again', async () => {
    for (let count = 0; count < 50; count++) expect((await gateway.chat(`${wrongKey}${count}`)).status).toBe(401);
    await gateway.admin('GET', '/v1/models', undefined, wrongKey);
    await gateway.admin('GET', '/v1/responses/resp_1', undefined, wrongKey);
    const events = await eventsOf('kind=auth.failed');
    const reason = { reason: 'invalid_api_key' };
    expect(events.map(({ detail }) => detail)).toEqual([
      { ...reason, operation: 'responses' },
      { ...reason, operation: 'proxy' },
      { ...reason, operation: 'chat' },
    ]);
    expect(events[0]).toMatchObject({ actor: 'anonymous', outcome: 'denied', address: '127.0.0.1', tenant_id: null });
    expect(JSON.stringify(events)).not.toContain('550e8400');
  });

  it('has who wanted what it may not', async () => {
    await gateway.make('tenants', { id: 'narrow', name: 'Narrow', settings: { allowed_models: ['gpt-4o'] } });
    const { id, key } = await gateway.make('keys', { name: 'of narrow', tenant_id: 'narrow' });
    const refused = await gateway.chat(key, 'other');
    expect(refused.status).toBe(403);
    const [event] = await eventsOf('kind=access.denied');
    const detail = { reason: 'forbidden', operation: 'chat', param: 'model' };
    expect(event).toMatchObject({ actor: id, tenant_id: 'narrow', outcome: 'denied', detail });
  });

  it('has which limit was reached, by whom', async () => {
    const settings = { quotas: { requests_per_minute: 1 } };
    await gateway.make('tenants', { id: 'limited', name: 'Limited', settings });
    const { id, key } = await gateway.make('keys', { name: 'of limited', tenant_id: 'limited', max_concurrent: 5 });
    for (let count = 0; count < 20; count++) await gateway.chat(key);
    const events = await eventsOf('kind=limit.reached&tenant_id=limited');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ actor: id, subject: 'limited', detail: { limit: 'tenant.requests', most: 1 } });
  });

  it('has who was refused for want of money', async () => {
    const { id, key } = await gateway.make('keys', { name: 'poor' });
    const budget = { name: 'Nothing', scope: 'key', scope_id: id, period: 'day', cap_usd: 0.000_000_01 };
    await gateway.make('budgets', budget);
    const refused = await gateway.chat(key);
    expect(refused, refused.text).toMatchObject({ status: 429, body: { error: { code: 'budget_exceeded' } } });
    const [event] = await eventsOf('kind=budget.exceeded');
    expect(event).toMatchObject({ actor: id, outcome: 'denied', detail: { reason: 'budget_exceeded' } });
  });

  it('has who was refused because nobody knows what the request would cost', async () => {
    const { id, key } = await gateway.make('keys', { name: 'careful' });
    await gateway.make('budgets', { name: 'Some', scope: 'key', scope_id: id, period: 'day', cap_usd: 5 });
    const refused = await gateway.chat(key, 'gpt-4o', { service_tier: 'scale' });
    expect(refused, refused.text).toMatchObject({ status: 403, body: { error: { code: 'price_unknown' } } });
    const [event] = await eventsOf('kind=price.unknown');
    expect(event).toMatchObject({ actor: id, outcome: 'denied', detail: { reason: 'price_unknown' } });
    expect(await eventsOf(`kind=access.denied&actor=${id}`)).toEqual([]);
  });

  it('has what tenants asked where they want that, redacted, cut and beside the chain', async () => {
    const settings = { audit_bodies: true };
    const organisation = await gateway.make('organisations', { name: 'Watched', settings });
    await gateway.make('tenants', { id: 'watched', name: 'Watched', organisation_id: organisation.id });
    await gateway.make('tenants', {
      id: 'unwatched',
      name: 'Unwatched',
      organisation_id: organisation.id,
      settings: { audit_bodies: false },
    });
    const [watched, unwatched] = [
      await gateway.keyOf({ tenant_id: 'watched' }),
      await gateway.keyOf({ tenant_id: 'unwatched' }),
    ];
    const secret = 'sk-verysecretkey1234567890';
    const ask = {
      messages: [{ role: 'user', content: `Mail jane@example.com the key ${secret}. ${'More. '.repeat(100)}` }],
    };
    expect((await gateway.chat(watched, 'gpt-4o', ask)).status).toBe(200);
    expect((await gateway.chat(unwatched, 'gpt-4o', ask)).status).toBe(200);
    expect(await eventsOf('kind=request.body&tenant_id=unwatched')).toEqual([]);
    const [event] = await eventsOf('kind=request.body');
    const detail = { operation: 'chat', model: 'gpt-4o', status: 200, cut: true, body_sha256: expect.any(String) };
    expect(event).toMatchObject({ tenant_id: 'watched', outcome: 'success', detail });
    let body: string | null = null;
    for await (const one of gateway.record.stores.audit.export()) body = one.body ?? body;
    expect(body).toContain('Mail [EMAIL] the key [API_KEY]');
    expect(Buffer.byteLength(body ?? '')).toBeLessThanOrEqual(256);
    expect(gateway.rawLog()).not.toContain('More. More.');
    expect(await gateway.record.stores.audit.verify()).toMatchObject({ isIntact: true, bodies: 1 });
  });

  it('has who wanted to look at the reports and may not', async () => {
    expect((await gateway.admin('GET', '/api/v1/metrics/cost', undefined, 'no-such-key-of-operators')).status).toBe(
      401,
    );
    const [event] = await eventsOf('kind=admin.denied');
    expect(event).toMatchObject({ actor: 'anonymous', detail: { path: 'cost_report' } });
  });

  it('had the key that somebody put where its id belongs', async () => {
    const refused = await gateway.admin('DELETE', `/admin/keys/${wrongKey}`, undefined, 'no-such-key-of-operators');
    expect(refused.status).toBe(401);
    const [event] = await eventsOf('kind=admin.denied');
    expect(event).toMatchObject({ detail: { method: 'DELETE', path: '/admin/keys/[API_KEY]' } });
  });

  it('did not have who administers one tenant and asked for another', async () => {
    await gateway.make('tenants', { id: 'nosy', name: 'Nosy' });
    const { id, key } = await gateway.make('keys', { name: 'n', tenant_id: 'nosy', scopes: { admin: 'tenant' } });
    expect((await gateway.admin('GET', '/admin/logs?tenant_id=narrow', undefined, key)).status).toBe(403);
    const scopes = { admin: 'full' };
    expect((await gateway.admin('POST', '/admin/keys', { name: 'x', scopes }, key)).status).toBe(403);
    const events = await eventsOf('kind=admin.denied&tenant_id=nosy');
    expect(events.map(({ actor, detail }) => [actor, detail['method'], detail['path']])).toEqual([
      [id, 'POST', '/admin/keys'],
      [id, 'GET', '/admin/logs'],
    ]);
  });

  it('did not have whose key came from an address that is not for it, and nothing of one that came to the reports', async () => {
    const scopes = { admin: 'read', addresses: ['192.0.2.0/24'] };
    const { id, key } = await gateway.make('keys', { name: 'office', scopes });
    expect((await gateway.admin('GET', '/api/v1/metrics/tokens', undefined, key)).status).toBe(403);
    expect((await gateway.admin('GET', '/admin/stats', undefined, key)).status).toBe(403);
    const events = await eventsOf(`kind=admin.denied&actor=${id}`);
    expect(events.map(({ detail }) => [detail['path'], detail['reason']])).toEqual([
      ['/admin/stats', 'forbidden'],
      ['token_report', 'forbidden'],
    ]);
  });
});

it('is not flooded by as many addresses as somebody likes', async () => {
  const gateway = await startTenantGateway(testDialects[0]!);
  const ask = (address: string) =>
    fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${wrongKey}`, 'x-forwarded-for': address } });
  for (let count = 0; count < 200; count++) expect((await ask(`10.1.${count}.1`)).status).toBe(401);
  await gateway.record.audit.close();
  const events = await gateway.admin('GET', '/admin/audit?kind=auth.failed&limit=1000');
  expect(events.body).toHaveLength(31);
  expect(events.body[0]).toMatchObject({ actor: 'several', detail: { repeated: 170 } });
  await gateway.end();
});
