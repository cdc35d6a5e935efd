import { hash } from 'node:crypto';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  deleteMadeKeys,
  keysOf,
  makePrefix,
  openWire as openRedisWire,
  redisUrl,
  withClient,
} from '../../src/stores/redis/test-redis.fixture.ts';
import { createPostgresPlace, postgresUrl, type TestPlace } from '../../src/stores/sql/test-databases.fixture.ts';
import { Wire } from '../../src/stores/wire.fixture.ts';
import { call, hello } from '../acceptance/caller.ts';
import { administer } from '../admin/administer.ts';
import { adminKey, type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';
import { buildReplicas, type Replicas } from './replicas.ts';

const patience = { timeout: 30_000, interval: 50 };
const credential = 'sk-upstream-credential-of-the-record';
const strange = 'sk-550e8400-e29b-41d4-a716-446655440000';

describe.runIf(redisUrl !== undefined && postgresUrl !== undefined)('a gateway that starts without its record', () => {
  let simulator: Simulator;
  let place: TestPlace;
  let wire: Wire;
  let prefix: ReturnType<typeof makePrefix>;
  let running: RecordGateway[] = [];
  beforeAll(async () => {
    simulator = await startSimulator({ tokens: 1 });
  });
  afterAll(async () => {
    await simulator.close();
    await deleteMadeKeys();
  });
  beforeEach(async () => {
    place = await createPostgresPlace(postgresUrl!);
    prefix = makePrefix();
    wire = new Wire();
    await openWire();
  });
  afterEach(async () => {
    wire.thaw();
    await wire.close().catch(() => undefined);
    for (const gateway of running) await gateway.stop().catch(() => undefined);
    running = [];
    await place.drop();
  });

  function openWire(): Promise<void> {
    const server = new URL(postgresUrl!);
    return wire.open(server.hostname, Number(server.port || 5432));
  }

  function address(): string {
    const url = new URL('url' in place.location ? place.location.url : '');
    url.hostname = '127.0.0.1';
    url.port = `${wire.port}`;
    return url.href;
  }

  async function start(redis = redisUrl!, sections: object = {}): Promise<RecordGateway> {
    const gateway = await startRecordGateway({
      location: { url: address() },
      env: { REDIS_URL: redis },
      config: { redis: { key_prefix: prefix.configured }, ...sections },
    });
    running.push(gateway);
    return gateway;
  }

  async function made(gateway: RecordGateway, path: string, body: object): Promise<Record<string, string>> {
    const reply = await gateway.admin('POST', path, body);
    expect(reply.status).toBe(201);
    return reply.body;
  }

  async function makeModel(gateway: RecordGateway): Promise<void> {
    const provider = { name: 'main', kind: 'openai', base_url: `${simulator.url}/v1`, api_key: credential };
    const { id } = await made(gateway, '/admin/providers', provider);
    await made(gateway, '/admin/models', { name: 'of-the-record', provider_id: id });
  }
  const makeKey = async (gateway: RecordGateway, more: object = {}) =>
    (await made(gateway, '/admin/keys', { name: 'test', ...more })) as { readonly id: string; readonly key: string };

  const imageName = async () => (await keysOf(prefix.keys)).find((name) => name.endsWith(':image'));
  /** Waits until the image is of the revision that the record has. */
  async function imaged({ record }: RecordGateway): Promise<void> {
    const { budgets, keys, providers, tenants } = await record.stores.revisions.read();
    const revision = String(budgets + keys + providers + tenants);
    await vi.waitFor(async () => {
      const name = await imageName();
      expect(name && (await withClient((client) => client.hget(name, '#revision')))).toBe(revision);
    }, patience);
  }
  const ask = async (gateway: RecordGateway, key: string) => (await gateway.chat(key, 'of-the-record')).status;
  const get = async (gateway: RecordGateway, path: string) => {
    const reply = await fetch(gateway.url + path);
    return { status: reply.status, body: (await reply.json()) as ReturnType<typeof JSON.parse> };
  };

  it('serves keys and models of the image in Redis until the record answers', async () => {
    const first = await start();
    await makeModel(first);
    const { id, key } = await makeKey(first);
    // Calls for the image were missing there; no request came that would have made others.
    await imaged(first);
    expect(await first.metricsText()).toMatch(/^gateway_redis_call_seconds_count\{outcome="ok"\} [1-9]/m);
    const revoked = await makeKey(first);
    const other = await makeKey(first, { scopes: { models: ['another'] } });
    await imaged(first);
    expect((await first.admin('DELETE', `/admin/keys/${revoked.id}`)).status).toBe(204);
    await imaged(first);
    await first.stop();
    await wire.close();

    const late = await start();
    expect(late.record.isReady).toBe(false);
    expect(await ask(late, key)).toBe(200);
    expect(simulator.attempts.at(-1)?.headers['authorization']).toBe(`Bearer ${credential}`);
    expect(await ask(late, other.key)).toBe(403);
    for (const unknown of [revoked.key, strange]) {
      const reply = await late.chat(unknown, 'of-the-record');
      expect(reply).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } });
    }
    expect((await get(late, '/ready')).status).toBe(200);
    const { body } = await get(late, '/health?detailed=true');
    expect(body).toMatchObject({ status: 'degraded', components: { record: { status: 'unreached' } } });
    expect(body.components.record.image_age_seconds).toBeLessThan(60);
    expect(late.rawLog().split('those of an image in Redis')).toHaveLength(2);
    expect(await late.admin('GET', '/admin/keys')).toMatchObject({ status: 503 });

    await openWire();
    await vi.waitFor(() => expect(late.record.isReady).toBe(true), patience);
    expect(late.record.imageAgeMs).toBeUndefined();
    expect(await ask(late, key)).toBe(200);
    expect(await ask(late, revoked.key)).toBe(401);
    expect((await late.admin('DELETE', `/admin/keys/${id}`)).status).toBe(204);
    expect(await ask(late, key)).toBe(401);
    const healthy = await get(late, '/health?detailed=true');
    expect(healthy.body.components.record).not.toHaveProperty('image_age_seconds');
  }, 90_000);

  it('keys of the configuration that name a tenant were refused', async () => {
    const tenants = { free: {}, narrow: { settings: { allowed_models: ['another'] } }, closed: { is_active: false } };
    const names = [...Object.keys(tenants), 'unknown'];
    const keys = names.map((tenant) => ({ name: tenant, key: `sk-configured-key-of-${tenant}`, tenant }));
    const first = await start(redisUrl, { auth: { keys } });
    await makeModel(first);
    for (const [id, more] of Object.entries(tenants)) await made(first, '/admin/tenants', { id, name: id, ...more });
    const answersOf = (gateway: RecordGateway) => Promise.all(keys.map(({ key }) => ask(gateway, key)));
    expect(await answersOf(first)).toEqual([200, 403, 403, 200]);
    await imaged(first);
    await first.stop();
    await wire.close();
    const late = await start(redisUrl, { auth: { keys } });
    expect(await answersOf(late)).toEqual([200, 403, 403, 200]);
    await withClient(async (client) => client.unlink((await imageName())!));
    await vi.waitFor(async () => expect(await answersOf(late)).toEqual([503, 503, 503, 503]), patience);
  }, 90_000);

  it('does so too where the record takes connections and says nothing', async () => {
    const first = await start();
    await makeModel(first);
    const { key } = await makeKey(first);
    await imaged(first);
    await first.stop();
    wire.freeze();
    const late = await start();
    expect(await ask(late, key)).toBe(200);
    expect(await ask(late, strange)).toBe(503);
    wire.thaw();
    await vi.waitFor(() => expect(late.record.isReady).toBe(true), patience);
    expect(await ask(late, key)).toBe(200);
  }, 90_000);

  it('lets no request pass a budget of the image, and none uncounted', async () => {
    const first = await start();
    await makeModel(first);
    const { key } = await makeKey(first, { token_budget: 1_000_000 });
    const spent = await makeKey(first, { token_budget: 1 });
    const capped = await makeKey(first);
    const free = await makeKey(first);
    const budget = { name: 'one', scope: 'key', scope_id: capped.id, period: 'total', cap_usd: 0.000_001 };
    await made(first, '/admin/budgets', budget);
    await imaged(first);
    await first.stop();
    await wire.close();
    const toRedis = new Wire();
    await openRedisWire(toRedis);
    const through = new URL(redisUrl!);
    through.hostname = '127.0.0.1';
    through.port = `${toRedis.port}`;
    const late = await start(through.href);
    try {
      const both = async () => [await ask(late, key), await ask(late, free.key)];
      expect(await both()).toEqual([200, 200]);
      for (const one of [spent, capped]) {
        const reply = await late.chat(one.key, 'of-the-record');
        expect(reply.body.error.code).toMatch(/budget_exceeded|price_unknown/);
      }
      // Now nobody can say what was counted: keys that were used are good, and those with a budget are refused.
      await toRedis.close();
      expect(await both()).toEqual([503, 200]);
      // The record can, and `redis.when_away` is what is configured again.
      await openWire();
      await vi.waitFor(async () => expect(await both()).toEqual([200, 200]), patience);
      await vi.waitFor(() => expect(late.record.isReady).toBe(true), patience);
    } finally {
      await toRedis.close().catch(() => undefined);
    }
  }, 90_000);

  it('knows no key where the image is too old', async () => {
    const first = await start();
    await makeModel(first);
    const { key } = await makeKey(first);
    await imaged(first);
    await first.stop();
    await wire.close();
    const name = (await imageName())!;
    const writtenAt = Number(await withClient((client) => client.hget(name, '#writtenAt')));
    await withClient((client) => client.hset(name, '#writtenAt', String(writtenAt - 600_000)));
    const late = await start();
    expect(await ask(late, key)).toBe(503);
    expect((await get(late, '/ready')).status).toBe(503);
    // One that is renewed is found without a start.
    await withClient((client) => client.hset(name, '#writtenAt', String(writtenAt)));
    await vi.waitFor(async () => expect(await ask(late, key)).toBe(200), patience);
    await withClient((client) => client.unlink(name));
    await vi.waitFor(async () => expect(await ask(late, key)).toBe(503), patience);
  }, 90_000);

  describe('with several workers', () => {
    let replicas: Replicas;
    beforeAll(async () => {
      replicas = await buildReplicas();
    });
    afterAll(() => replicas.remove());
    const startWorkers = () =>
      replicas.start({
        redisUrl: redisUrl!,
        upstream: simulator.url,
        sections: { redis: { key_prefix: prefix.configured } },
        env: { ADMIN_KEY: adminKey, DATABASE_URL: address() },
        args: ['--workers', '2'],
      });

    it('serves from the image in each, and a key that is replaced is not in it when that is answered', async () => {
      const before = await startWorkers();
      const make = () => administer(before.url, 'POST', '/admin/keys', { name: 'test' });
      const [kept, replaced] = [await make(), await make()] as [{ key: string }, { id: string; key: string }];
      const isThere = async (key: string) => {
        const name = await imageName();
        const field = `key:${hash('sha256', key)}`;
        return name !== undefined && (await withClient((client) => client.hexists(name, field))) === 1;
      };
      await vi.waitFor(async () => expect(await isThere(replaced.key)).toBe(true), patience);
      const { key } = await administer(before.url, 'POST', `/admin/keys/${replaced.id}/rotate`);
      expect(await isThere(replaced.key)).toBe(false);
      await vi.waitFor(async () => expect(await isThere(key)).toBe(true), patience);
      before.process.signal('SIGKILL');
      await wire.close();
      const late = await startWorkers();
      const statusOf = async (sent: string) =>
        (await call(late.url, { model: 'sim', messages: hello }, { key: sent })).status;
      for (let count = 0; count < 10; count++) {
        expect(await statusOf(kept.key)).toBe(200);
        expect(await statusOf(replaced.key)).toBe(503);
      }
      expect(late.process.stdout().split('those of an image in Redis')).toHaveLength(2);
      late.process.signal('SIGKILL');
    }, 90_000);
  });

  it('finds no secret of anybody in clear in Redis', async () => {
    const first = await start();
    await makeModel(first);
    const { id, key } = await makeKey(first, { name: 'a name to be found' });
    const rotated = (await first.admin('POST', `/admin/keys/${id}/rotate`, { grace_seconds: 60 })).body.key as string;
    await imaged(first);
    expect(await ask(first, key)).toBe(200);
    const names = await keysOf(prefix.keys);
    const dump = await withClient(async (client) => {
      const texts = [...names];
      for (const name of names) {
        // As they lie there, whatever their kind; and fields of hashes, which a dump may compress.
        texts.push((await client.dumpBuffer(name))?.toString('latin1') ?? '');
        if ((await client.type(name)) === 'hash') texts.push(JSON.stringify(await client.hgetall(name)));
      }
      return texts.join('\n');
    });
    expect(dump).toContain('key:');
    for (const secret of [credential, key, rotated, adminKey, 'a name to be found', simulator.url]) {
      expect(dump).not.toContain(secret);
    }
  }, 90_000);
});
