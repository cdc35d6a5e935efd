import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

describe.each(testDialects)('keys of the record, on $name', ({ create }) => {
  let simulator: Simulator;
  let gateway: RecordGateway;
  /** Another gateway over the same record. */
  let replica: RecordGateway;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    simulator = await startSimulator({});
    const { drop: dropPlace, location } = await create();
    drop = dropPlace;
    const config = { auth: { keys: [{ name: 'of-the-file', key: 'sk-of-the-file' }] }, server: trusting };
    gateway = await startRecordGateway({ location, config });
    replica = await startRecordGateway({ location, config });
    const provider = await gateway.admin('POST', '/admin/providers', {
      name: 'main',
      kind: 'openai',
      api_key: 'sk-upstream-key-of-main',
      base_url: `${simulator.url}/v1`,
    });
    for (const model of ['gpt-4o', 'gpt-4o-mini', 'other']) {
      await gateway.admin('POST', '/admin/models', { name: model, provider_id: provider.body.id });
    }
    await vi.waitFor(async () => expect((await replica.chat('sk-of-the-file')).status).toBe(200), 20_000);
  });
  afterAll(async () => {
    await Promise.all([gateway.stop(), replica.stop()]);
    await simulator.close();
    await drop();
  });

  const trusting = { host: '127.0.0.1', port: 0, metrics_port: 0, trusted_proxies: ['127.0.0.1'] };
  const make = async (fields: Readonly<Record<string, unknown>> = {}) => {
    const made = await gateway.admin('POST', '/admin/keys', { name: 'test', ...fields });
    expect(made.status, made.text).toBe(201);
    return made.body as { readonly id: string; readonly key: string };
  };
  const statusOf = async (key: string, model?: string, more?: Record<string, unknown>) =>
    (await gateway.chat(key, model, more)).status;

  it('open models at once, in every process', async () => {
    const { key } = await make();
    expect(await statusOf(key)).toBe(200);
    // It was made a moment ago somewhere else.
    expect((await replica.chat(key)).status).toBe(200);
  });

  it('that are rotated with grace stay valid for that long', async () => {
    const { id, key } = await make();
    const rotated = await gateway.admin('POST', `/admin/keys/${id}/rotate`, { grace_seconds: 60 });
    expect([await statusOf(key), await statusOf(rotated.body.key)]).toEqual([200, 200]);
    const again = await gateway.admin('POST', `/admin/keys/${id}/rotate`);
    expect([await statusOf(key), await statusOf(rotated.body.key), await statusOf(again.body.key)]).toEqual([
      401, 401, 200,
    ]);
  });

  it('end when they are told to', async () => {
    const { id, key } = await make({ expires_at: new Date(Date.now() + 60_000).toISOString() });
    expect(await statusOf(key)).toBe(200);
    await gateway.admin('PUT', `/admin/keys/${id}`, { expires_at: '2020-01-01T00:00:00Z' });
    expect((await gateway.chat(key)).body.error.message).toContain('has expired');
    await gateway.admin('PUT', `/admin/keys/${id}`, { expires_at: null });
    expect(await statusOf(key)).toBe(200);
    const past = await gateway.admin('POST', '/admin/keys', { name: 'x', expires_at: '2020-01-01T00:00:00Z' });
    expect(past).toMatchObject({ status: 400, body: { error: { param: 'expires_at' } } });
  });

  it('are for the models of their scopes, by name and in the list', async () => {
    const { id, key } = await make({ scopes: { models: ['gpt-4o*'] } });
    expect([await statusOf(key, 'gpt-4o'), await statusOf(key, 'gpt-4o-mini')]).toEqual([200, 200]);
    const refused = await gateway.chat(key, 'other');
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden', param: 'model' } } });
    expect(refused.body.error.message).toContain("'other'");
    // Whether there is such a model is not for this key to know.
    expect(await statusOf(key, 'no-such-model')).toBe(403);
    const list = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    const { data } = (await list.json()) as { readonly data: readonly { readonly id: string }[] };
    expect(data.map((model) => model.id).sort()).toEqual(['gpt-4o', 'gpt-4o-mini']);
    const one = await fetch(`${gateway.url}/v1/models/other`, { headers: { authorization: `Bearer ${key}` } });
    expect(one.status).toBe(404);
    await gateway.admin('PUT', `/admin/keys/${id}`, { scopes: {} });
    expect(await statusOf(key, 'other')).toBe(200);
  });

  it('that are for some models do not reach others by forwarded paths, whose bodies nobody reads', async () => {
    const forwarded = async (key: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'other', messages: [{ role: 'user', content: 'Hello!' }] });
      const reply = await fetch(`${gateway.url}/v1/gpt-4o/chat/completions`, { method: 'POST', headers, body });
      return reply.status;
    };
    const scoped = await make({ scopes: { models: ['gpt-4o'], endpoints: ['chat', 'proxy'] } });
    const settings = { allowed_models: ['gpt-4o'] };
    await gateway.admin('POST', '/admin/tenants', { id: 'narrow', name: 'Narrow', settings });
    const ofTenant = await make({ tenant_id: 'narrow' });
    const free = await make({ scopes: { models: ['*'] } });
    expect([await forwarded(scoped.key), await forwarded(ofTenant.key), await forwarded(free.key)]).toEqual([
      403, 403, 200,
    ]);
  });

  it('are for the operations of their scopes', async () => {
    const { key } = await make({ scopes: { endpoints: ['embeddings'] } });
    const refused = await gateway.chat(key);
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
    expect(refused.body.error.message).toContain('embeddings');
  });

  it('are for the addresses of their scopes', async () => {
    const { key } = await make({ scopes: { addresses: ['10.1.0.0/16', '2001:db8::/32'] } });
    const from = async (address: string) => {
      const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': address };
      return (await fetch(`${gateway.url}/v1/models`, { headers })).status;
    };
    expect([await from('10.1.2.3'), await from('10.2.2.3'), await from('2001:db8::1')]).toEqual([200, 403, 200]);
  });

  it('of a tenant that is switched off are not served', async () => {
    const tenant = await gateway.admin('POST', '/admin/tenants', { id: 'acme', name: 'Acme' });
    expect(tenant).toMatchObject({ status: 201, body: { id: 'acme', is_active: true } });
    const { key } = await make({ tenant_id: 'acme' });
    expect(await statusOf(key)).toBe(200);
    await gateway.admin('PUT', '/admin/tenants/acme', { is_active: false });
    expect(await statusOf(key)).toBe(403);
    await gateway.admin('PUT', '/admin/tenants/acme', { is_active: true, settings: { allowed_models: ['other'] } });
    expect([await statusOf(key, 'gpt-4o'), await statusOf(key, 'other')]).toEqual([403, 200]);
    expect((await gateway.admin('DELETE', '/admin/tenants/acme')).status).toBe(409);
  });

  it('of a tenant reach the providers and regions of its settings alone', async () => {
    const tenant = { id: 'residents', name: 'Residents', settings: { regions: ['eu'] } };
    expect((await gateway.admin('POST', '/admin/tenants', tenant)).status).toBe(201);
    const { key } = await make({ tenant_id: 'residents' });
    const before = simulator.attemptCount;
    expect(await gateway.chat(key)).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', param: 'model' } },
    });
    expect(simulator.attemptCount).toBe(before);
    const main = (await gateway.admin('GET', '/admin/providers')).body[0].id;
    await gateway.admin('PUT', `/admin/providers/${main}`, { settings: { region: 'eu' } });
    expect(await statusOf(key)).toBe(200);
    const settings = { allowed_providers: ['another'] };
    await gateway.admin('PUT', '/admin/tenants/residents', { settings });
    expect(await statusOf(key)).toBe(403);
    await gateway.admin('PUT', '/admin/tenants/residents', { settings: { allowed_providers: ['openai'] } });
    expect(await statusOf(key)).toBe(200);
  });

  it('of the configuration go on working beside them, and nothing else does', async () => {
    expect(await statusOf('sk-of-the-file')).toBe(200);
    for (const key of ['dummy', 'my-secret-admin-key', 'sk-550e8400-e29b-41d4-a716-446655440000']) {
      expect(await statusOf(key)).toBe(401);
    }
  });

  it('remember when they were last used', async () => {
    const { id, key } = await make();
    expect((await gateway.admin('GET', `/admin/keys/${id}`)).body.last_used_at).toBeNull();
    await gateway.chat(key);
    await gateway.record.keyUses.write();
    expect((await gateway.admin('GET', `/admin/keys/${id}`)).body.last_used_at).toMatch(/^20/);
  });

  it.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'x', nmae: 1 }, 'nmae'],
    [{ name: 'x', requests_per_minute: 0 }, 'requests_per_minute'],
    [{ name: 'x', scopes: { addresses: ['1.2.3'] } }, 'scopes.addresses.0'],
    [{ name: 'x', scopes: { endpoints: ['chats'] } }, 'scopes.endpoints.0'],
    [{ name: 'x', scopes: { models: ['gpt*4o'] } }, 'scopes.models.0'],
    [{ name: 'x', scopes: { admin: 'tenant' } }, 'tenant_id'],
    [{ name: 'x', expires_at: 'tomorrow' }, 'expires_at'],
    [{ name: 'x', metadata: [] }, 'metadata'],
  ])('are not made of %j', async (body, param) => {
    const refused = await gateway.admin('POST', '/admin/keys', body);
    expect(refused).toMatchObject({ status: 400, body: { error: { param, code: 'invalid_request' } } });
    expect(refused.body.error.message).toContain(`\`${param}\``);
  });

  it('are not made of what is no JSON, or too much', async () => {
    expect(await gateway.admin('POST', '/admin/keys', '{')).toMatchObject({ status: 400 });
    expect(await gateway.admin('POST', '/admin/keys')).toMatchObject({ status: 400 });
    const long = JSON.stringify({ name: 'x', metadata: { text: 'x'.repeat(70_000) } });
    expect(await gateway.admin('POST', '/admin/keys', long)).toMatchObject({ status: 413 });
    expect(await gateway.admin('POST', '/admin/keys', { name: 'x', tenant_id: 'nobody' })).toMatchObject({
      status: 400,
    });
  });

  it('had the last of two members, and of two parameters, whichever was meant', async () => {
    for (const body of [
      '{"name":"a","scopes":{"models":["gpt-4o"]},"scopes":{}}',
      '{"name":"a","scopes":{"models":["gpt-4o"],"mod\\u0065ls":["*"]}}',
      '{"name":"a","metadata":{"b":[{"c":1,"c":2}]}}',
    ]) {
      const refused = await gateway.admin('POST', '/admin/keys', body);
      expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('twice')]);
    }
    const once = '{"name":"a","metadata":{"name":"a","__proto__":{"a":[{"c":1},{"c":2}]},"a":{"a":{"a":{"a":1}}}}}';
    expect((await gateway.admin('POST', '/admin/keys', once)).status).toBe(201);
    const listed = await gateway.admin('GET', '/admin/keys?tenant_id=acme&tenant_id=other');
    expect([listed.status, listed.body.error.param]).toEqual([400, 'tenant_id']);
  });

  it('metadata that was nested by the thousand was answered 500, or kept lists from being shown', async () => {
    const nested = (levels: number) =>
      `{"name":"nested","metadata":{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}}`;
    for (const levels of [33, 4_000, 30_000]) {
      const refused = await gateway.admin('POST', '/admin/keys', nested(levels));
      expect(refused).toMatchObject({ status: 400, body: { error: { param: 'metadata', code: 'invalid_request' } } });
    }
    const made = await gateway.admin('POST', '/admin/keys', nested(32));
    expect(made.status).toBe(201);
    expect((await gateway.admin('DELETE', `/admin/keys/${made.body.id}`)).status).toBe(204);
  });

  it('half of a surrogate pair in a name or in metadata made lists that many readers refuse', async () => {
    const bodies = [
      '{"name":"\\ud800"}',
      '{"name":"a","metadata":{"a":"\\udc00"}}',
      '{"name":"a","metadata":{"\\ud800":1}}',
    ];
    for (const body of bodies) {
      const { body: told, status } = await gateway.admin('POST', '/admin/keys', body);
      expect([status, told.error.code], body).toEqual([400, 'invalid_json']);
    }
    const whole = await gateway.admin('POST', '/admin/keys', '{"name":"\\ud83d\\ude00 \\\\ud800"}');
    expect([whole.status, whole.body.name]).toEqual([201, '😀 \\ud800']);
  });

  it('are listed by pages', async () => {
    const first = await gateway.admin('GET', '/admin/keys?limit=2');
    expect(first.body).toHaveLength(2);
    const second = await gateway.admin('GET', `/admin/keys?limit=2&after=${first.body[1].id}`);
    expect(second.body).toHaveLength(2);
    const all = await gateway.admin('GET', '/admin/keys');
    const ids = (keys: readonly { readonly id: string }[]) => keys.map(({ id }) => id);
    expect(ids([...first.body, ...second.body])).toEqual(ids(all.body).slice(0, 4));
    expect(await gateway.admin('GET', '/admin/keys?limit=many')).toMatchObject({ status: 400 });
  });
});
