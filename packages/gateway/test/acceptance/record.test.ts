import { createHash } from 'node:crypto';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/stores/sql/database.ts';
import { builtInFolder, readMigrations } from '../../src/stores/sql/migrations/migration-folder.ts';
import { testSettings } from '../../src/stores/sql/test-databases.fixture.ts';
import { adminKey, type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';
import { storeKinds, type TestStores } from '../admin/store-kinds.ts';
import { now } from '../failures/caller.ts';
import { watchRunningTime } from '../harness/running-time.ts';
import { call, hello } from './caller.ts';

const patience = { timeout: 20_000, interval: 20 };
const keyShape = /^sk-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe.each(storeKinds)('a gateway with a record, over $name', ({ open }) => {
  let stores: TestStores;
  let simulator: Simulator;
  let gateway: RecordGateway;
  /** Another gateway over the same stores. */
  let replica: RecordGateway;
  const start = () => startRecordGateway({ location: stores.location, env: stores.env, config: { server } });
  // Each refused key comes from an address of its own: one that tries many is shut out.
  const server = { host: '127.0.0.1', port: 0, metrics_port: 0, trusted_proxies: ['127.0.0.1'] };

  beforeAll(async () => {
    [stores, simulator] = await Promise.all([open(), startSimulator({})]);
    gateway = await start();
    replica = await start();
  });
  afterAll(async () => {
    await Promise.all([gateway.stop(), replica.stop()]);
    await simulator.close();
    await stores.drop();
  });

  let names = 0;
  const provide = async (fields: Readonly<Record<string, unknown>> = {}) => {
    names += 1;
    const own = { name: `p${names}`, kind: 'openai', api_key: 'sk-upstream-key-0001', base_url: `${simulator.url}/v1` };
    const { body, status, text } = await gateway.admin('POST', '/admin/providers', { ...own, ...fields });
    expect(status, text).toBe(201);
    return body;
  };
  const map = async (providerId: string, fields: Readonly<Record<string, unknown>> = {}) => {
    names += 1;
    const asked = { name: `m${names}`, provider_id: providerId, ...fields };
    const { body, status, text } = await gateway.admin('POST', '/admin/models', asked);
    expect(status, text).toBe(201);
    return body;
  };
  const makeKey = async (fields: Readonly<Record<string, unknown>> = {}) => {
    const { body, status, text } = await gateway.admin('POST', '/admin/keys', { name: 'my-app', ...fields });
    expect(status, text).toBe(201);
    return body;
  };
  const servedModel = async () => (await map((await provide()).id)).name as string;
  const statusAt = async ({ chat }: RecordGateway, key: string, model: string) => (await chat(key, model)).status;
  const openAside = () => openDatabase({ location: stores.location, ...testSettings });
  const refusalOf = async (method: string, path: string, key: string | undefined) => {
    names += 1;
    const headers = {
      'x-forwarded-for': `10.0.0.${names % 250}`,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    };
    const reply = await fetch(gateway.url + path, { method, headers });
    return `${reply.status} ${((await reply.json()) as { readonly error: { readonly message: string } }).error.message}`;
  };
  const adminRoutes = [
    ['POST', '/admin/providers'],
    ['GET', '/admin/providers'],
    ['PUT', '/admin/providers/any'],
    ['DELETE', '/admin/providers/any'],
    ['POST', '/admin/models'],
    ['GET', '/admin/models'],
    ['DELETE', '/admin/models/any'],
    ['POST', '/admin/keys'],
    ['GET', '/admin/keys'],
    ['POST', '/admin/keys/any/rotate'],
    ['DELETE', '/admin/keys/any'],
  ] as const;

  it('has its tables brought up to date when it starts over an empty database', async () => {
    const all = (await readMigrations([builtInFolder()])).map(({ name }) => name);
    expect(gateway.rawLog()).toContain(`brought up to date: ${all.join(', ')}`);
    expect(replica.rawLog()).not.toContain('brought up to date');
  });

  it('serves all twelve routes to who has the key for them, and to nobody without', async () => {
    const provider = await provide();
    const model = await map(provider.id);
    const { id, key } = await makeKey();
    const admin = async (method: string, path: string, body?: unknown) =>
      (await gateway.admin(method, path, body)).status;
    const chat = { model: model.name, messages: hello };
    expect((await call(gateway.url, chat, { key })).status).toBe(200);
    expect((await call(gateway.url, chat)).status).toBe(401);
    expect(await admin('GET', '/admin/providers')).toBe(200);
    expect(await admin('PUT', `/admin/providers/${provider.id}`, { is_active: true })).toBe(200);
    expect(await admin('GET', '/admin/models')).toBe(200);
    expect(await admin('GET', '/admin/keys')).toBe(200);
    expect(await admin('POST', `/admin/keys/${id}/rotate`)).toBe(200);
    expect(await admin('DELETE', `/admin/keys/${id}`)).toBe(204);
    expect(await admin('DELETE', `/admin/providers/${provider.id}`)).toBe(409);
    expect(await admin('DELETE', `/admin/models/${model.id}`)).toBe(204);
    expect(await admin('DELETE', `/admin/providers/${provider.id}`)).toBe(204);
    for (const [method, path] of adminRoutes) {
      expect(await refusalOf(method, path, undefined)).toBe('401 Missing Authorization header');
      expect(await refusalOf(method, path, 'sk-wrong')).toBe('401 Invalid admin key');
    }
  });

  it('takes no key of a caller for its administration, and no key of its administration for a caller', async () => {
    const model = await servedModel();
    const { key } = await makeKey();
    expect(await statusAt(gateway, key, model)).toBe(200);
    for (const [method, path] of adminRoutes) expect(await refusalOf(method, path, key)).toBe('401 Invalid admin key');
    expect(await statusAt(gateway, adminKey, model)).toBe(401);
  });

  it('knows where four kinds of providers are, unless it is told, and refuses others', async () => {
    const bases = {
      openai: 'https://api.openai.com/v1',
      openrouter: 'https://openrouter.ai/api/v1',
      dashscope: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
      ark: 'https://ark.cn-beijing.volces.com/api/v3',
    };
    for (const [kind, base] of Object.entries(bases)) {
      expect(await provide({ kind, base_url: undefined })).toMatchObject({ kind, base_url: base, is_active: true });
      expect(await provide({ kind })).toMatchObject({ kind, base_url: `${simulator.url}/v1` });
    }
    const unknown = { name: 'other', kind: 'nobody-knows', api_key: 'sk-1' };
    const refused = await gateway.admin('POST', '/admin/providers', unknown);
    expect(refused).toMatchObject({ status: 400, body: { error: { param: 'kind', code: 'invalid_request' } } });
  });

  it('makes keys of 39 characters: sk- and a UUID', async () => {
    const { key } = await makeKey();
    expect(key).toMatch(keyShape);
    expect(key).toHaveLength(39);
  });

  it('keeps of a key its SHA-256 alone', async () => {
    const { id, key } = await makeKey();
    const database = await openAside();
    const [row] = await database.all<Record<string, unknown>>('SELECT * FROM api_keys WHERE id = ?', [id]);
    await database.close();
    expect(row?.['key_hash']).toBe(createHash('sha256').update(key).digest('hex'));
    expect(JSON.stringify(row)).not.toContain(key.slice(11));
  });

  it('lists of a key its beginning alone', async () => {
    const { id, key, key_prefix: prefix } = await makeKey();
    expect(prefix).toBe(`${key.slice(0, 11)}...`);
    const listed = await gateway.admin('GET', '/admin/keys');
    const shown = listed.body.find((one: { readonly id: string }) => one.id === id);
    expect(shown).toMatchObject({ key_prefix: prefix, is_active: true });
    expect(shown.key).toBeUndefined();
    expect(listed.text).not.toContain(key.slice(11));
  });

  it('rotates keys: the same id, the old one refused at once here and within two seconds elsewhere', async () => {
    const model = await servedModel();
    const { id, key } = await makeKey();
    await vi.waitFor(async () => expect(await statusAt(replica, key, model)).toBe(200), patience);
    expect(await statusAt(gateway, key, model)).toBe(200);
    const rotated = await gateway.admin('POST', `/admin/keys/${id}/rotate`);
    const running = watchRunningTime();
    const since = now();
    expect(rotated).toMatchObject({ status: 200, body: { id, key: expect.stringMatching(keyShape) } });
    expect(await statusAt(gateway, key, model)).toBe(401);
    expect(await statusAt(gateway, rotated.body.key, model)).toBe(200);
    expect(await statusAt(replica, rotated.body.key, model)).toBe(200);
    await vi.waitFor(async () => expect(await statusAt(replica, key, model)).toBe(401), patience);
    expect(running.between(since, now())).toBeLessThan(2_000);
    running.stop();
  });

  it('refuses keys that are revoked, with the reason, and goes on listing them', async () => {
    const model = await servedModel();
    const { id, key } = await makeKey();
    expect(await statusAt(gateway, key, model)).toBe(200);
    expect((await gateway.admin('DELETE', `/admin/keys/${id}`)).status).toBe(204);
    const refused = await gateway.chat(key, model);
    expect(refused).toMatchObject({ status: 401, body: { error: { code: 'invalid_api_key' } } });
    expect(refused.body.error.message).toContain('was revoked');
    const listed = (await gateway.admin('GET', '/admin/keys')).body;
    expect(listed.find((one: { readonly id: string }) => one.id === id)).toMatchObject({ is_active: false });
    await vi.waitFor(async () => expect(await statusAt(replica, key, model)).toBe(401), patience);
    expect((await gateway.admin('POST', `/admin/keys/${id}/rotate`)).status).toBe(404);
    expect((await gateway.admin('DELETE', '/admin/keys/none')).status).toBe(404);
  });

  it('writes another model into a request only where the provider calls it otherwise', async () => {
    const provider = await provide();
    const same = await map(provider.id);
    const other = await map(provider.id, { provider_model_name: 'theirs' });
    const { key } = await makeKey();
    const bodyFor = (model: string) =>
      `{ "seed":12345678901234567890,  "model" : "${model}", "messages":[{"role":"user","content":"Hi \\u00e9"}] }`;
    for (const [{ name }, expected] of [
      [same, same.name],
      [other, 'theirs'],
    ]) {
      const reply = await call(gateway.url, bodyFor(name), { key });
      expect(reply.status, await reply.text()).toBe(200);
      expect(simulator.attempts.at(-1)?.body.toString()).toBe(bodyFor(expected));
    }
  });

  it('shows of a provider’s key its first and its last four characters', async () => {
    const shown = await provide({ api_key: 'sk-x12345678901234xxxx' });
    expect(shown).toMatchObject({ api_key_preview: 'sk-x...xxxx' });
    expect(shown.api_key).toBeUndefined();
    const listed = await gateway.admin('GET', '/admin/providers');
    expect(listed.text).toContain('sk-x...xxxx');
    expect(listed.text).not.toContain('12345678901234');
    expect(await provide({ api_key: 'sk-short' })).toMatchObject({ api_key_preview: '****' });
  });

  it('uses another key of a provider for the very next request', async () => {
    const provider = await provide();
    const { name } = await map(provider.id);
    const { key } = await makeKey();
    const sent = async () => {
      expect(await statusAt(gateway, key, name)).toBe(200);
      return simulator.attempts.at(-1)?.headers.authorization;
    };
    expect(await sent()).toBe('Bearer sk-upstream-key-0001');
    await gateway.admin('PUT', `/admin/providers/${provider.id}`, { api_key: 'sk-upstream-key-0002' });
    expect(await sent()).toBe('Bearer sk-upstream-key-0002');
  });

  it('passes the bytes of a stream on as they come', async () => {
    const model = await servedModel();
    const { key } = await makeKey();
    const bytes = Buffer.from(
      ': a comment\r\n\r\ndata:{"id":"1",  "choices":[{"index":0,"delta":{"content":"h\u00e9 \ud83c\udf0d"}}], "theirs":1.0}\r\n\r\n' +
        'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    );
    const headers = { 'content-type': 'text/event-stream' };
    simulator.behave({ kind: 'raw', base64: bytes.toString('base64'), headers, chunkSizes: [7] });
    const reply = await call(gateway.url, { model, stream: true, messages: hello }, { key });
    expect(Buffer.from(await reply.arrayBuffer()).toString('utf8')).toBe(bytes.toString('utf8'));
    simulator.behave(undefined);
  });

  it('knows what the record has when it has started, also where it cannot ask for it anew', async () => {
    const model = await servedModel();
    const { key } = await makeKey();
    const late = await start();
    // From here on the database answers nobody.
    await late.record.database.close();
    expect(await statusAt(late, key, model)).toBe(200);
    expect(simulator.attempts.at(-1)?.model).toBe(model);
    expect(await statusAt(late, 'sk-550e8400-e29b-41d4-a716-446655440000', model)).toBe(503);
    // One kind minds that it is closed again.
    await late.stop().catch(() => undefined);
  });

  it('serves what it remembers nothing of from the record, and goes on when what is only remembered is lost', async () => {
    const model = await servedModel();
    const late = await start();
    const { id, key } = await makeKey({ max_concurrent: 5, requests_per_minute: 1_000 });
    expect(await statusAt(late, key, model)).toBe(200);
    late.record.keys.invalidate();
    expect(await statusAt(late, key, model)).toBe(200);
    if (stores.redis !== undefined) {
      // A server that was killed has forgotten everything, and is told again when it is back.
      await stores.redis.kill();
      expect(await statusAt(late, key, model)).toBe(200);
      expect(await statusAt(late, (await makeKey()).key, model)).toBe(200);
      await stores.redis.restart();
      const isShared = async () => {
        expect(await statusAt(late, key, model)).toBe(200);
        expect(await late.metricsText()).toMatch(/^gateway_redis_away 0$/m);
      };
      await vi.waitFor(isShared, { ...patience, interval: 200 });
    }
    const rotated = await gateway.admin('POST', `/admin/keys/${id}/rotate`);
    expect(await statusAt(late, rotated.body.key, model)).toBe(200);
    await late.stop();
  });
});
