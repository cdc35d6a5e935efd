import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPostgresPlace, postgresUrl, type TestPlace } from '../../src/stores/sql/test-databases.fixture.ts';
import { Wire } from '../../src/stores/wire.fixture.ts';
import { type RunningTime, watchRunningTime } from '../harness/running-time.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

describe.runIf(postgresUrl !== undefined)('a record that does not answer', () => {
  let simulator: Simulator;
  let place: TestPlace;
  let wire: Wire;
  let gateway: RecordGateway;
  let key: string;
  let running: RunningTime;
  const config = () => ({
    providers: { main: { kind: 'openai', base_url: `${simulator.url}/v1`, api_key: 'k', models: ['gpt-4o'] } },
    auth: { keys: [{ name: 'of-the-file', key: 'sk-of-the-file', tenant: 'slow' }] },
  });

  const behindWire = () => {
    const url = new URL('url' in place.location ? place.location.url : '');
    url.hostname = '127.0.0.1';
    url.port = `${wire.port}`;
    return { url: url.href };
  };
  beforeAll(async () => {
    running = watchRunningTime();
    simulator = await startSimulator({ tokens: 1 });
    place = await createPostgresPlace(postgresUrl!);
    const server = new URL(postgresUrl!);
    wire = new Wire();
    await wire.open(server.hostname, Number(server.port || 5432));
    gateway = await startRecordGateway({ location: behindWire(), config: config() });
    key = (await gateway.admin('POST', '/admin/keys', { name: 'test' })).body.key;
    expect((await gateway.chat(key)).status).toBe(200);
  });
  afterAll(async () => {
    running.stop();
    wire.thaw();
    await gateway.stop();
    await wire.close().catch(() => undefined);
    await simulator.close();
    await place.drop();
  });

  /** Milliseconds that something takes, those left out in which the machine was busy with others. */
  const timed = async (work: () => Promise<{ readonly status: number }>) => {
    const began = performance.timeOrigin + performance.now();
    const { status } = await work();
    return { status, ms: running.between(began, performance.timeOrigin + performance.now()) };
  };

  it('costs keys that are known nothing, and others an honest answer', async () => {
    const before = await Promise.all(Array.from({ length: 5 }, () => timed(() => gateway.chat(key))));
    const usual = Math.max(...before.map(({ ms }) => ms));
    wire.freeze();
    // Somebody changed something, as far as is known, and what it was cannot be asked.
    gateway.record.keys.invalidate();
    const waits: number[] = [];
    for (let count = 0; count < 15; count++) {
      const { ms, status } = await timed(() => gateway.chat(key));
      expect(status).toBe(200);
      waits.push(ms);
    }
    // All but those that this machine itself was late with.
    waits.sort((a, b) => a - b);
    expect(waits[7]).toBeLessThan(usual + 50);
    const stranger = await timed(() => gateway.chat('sk-550e8400-e29b-41d4-a716-446655440000'));
    expect(stranger.status).toBe(503);
    expect(stranger.ms).toBeLessThan(3_000);
    const refused = await gateway.chat('sk-650e8400-e29b-41d4-a716-446655440000');
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } });
    const admin = await gateway.admin('GET', '/admin/keys');
    expect(admin).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } });
    wire.thaw();
    await vi.waitFor(async () => expect((await gateway.admin('GET', '/admin/keys')).status).toBe(200), {
      timeout: 20_000,
    });
    await vi.waitFor(
      async () => expect((await gateway.chat('sk-750e8400-e29b-41d4-a716-446655440000')).status).toBe(401),
      { timeout: 20_000 },
    );
    expect((await gateway.chat(key)).status).toBe(200);
  }, 40_000);

  it('slowly lets nobody in by what was before a change, once the change is answered', async () => {
    await gateway.admin('POST', '/admin/tenants', { id: 'slow', name: 'Slow' });
    const made = await gateway.admin('POST', '/admin/keys', { name: 'of-slow', tenant_id: 'slow' });
    const { id, key: own } = made.body;
    expect((await gateway.chat(own)).status).toBe(200);
    expect((await gateway.chat('sk-of-the-file')).status).toBe(200);
    wire.slow(100);
    try {
      const both = async () => [(await gateway.chat(own)).status, (await gateway.chat('sk-of-the-file')).status];
      const change = (path: string, body: object) => gateway.admin('PUT', path, body);
      for (let round = 0; round < 3; round++) {
        await change('/admin/tenants/slow', { is_active: false });
        expect(await both()).toEqual([403, 403]);
        await change('/admin/tenants/slow', { is_active: true });
        expect(await both()).toEqual([200, 200]);
      }
      await change(`/admin/keys/${id}`, { scopes: { models: ['another'] } });
      expect(await both()).toEqual([403, 200]);
      await change(`/admin/keys/${id}`, { scopes: {} });
      // As another gateway is told: that something changed, and not what.
      const { tenants } = gateway.record.stores.tenants;
      expect(await both()).toEqual([200, 200]);
      await tenants.update('slow', { isActive: false });
      await gateway.record.follow({ topics: ['tenants'] });
      expect(await both()).toEqual([403, 403]);
    } finally {
      wire.slow(0);
    }
  }, 40_000);

  it('is no reason not to start, and is used when it is there', async () => {
    await wire.close();
    const late = await startRecordGateway({
      location: behindWire(),
      config: { ...config(), auth: { keys: ['sk-of-the-file'] } },
    });
    try {
      expect(late.record.isReady).toBe(false);
      expect((await late.chat('sk-of-the-file')).status).toBe(200);
      expect(await late.chat(key)).toMatchObject({ status: 503 });
      expect(await late.admin('POST', '/admin/keys', { name: 'x' })).toMatchObject({ status: 503 });
      const server = new URL(postgresUrl!);
      await wire.open(server.hostname, Number(server.port || 5432));
      await vi.waitFor(async () => expect((await late.chat(key)).status).toBe(200), { timeout: 20_000, interval: 100 });
      await vi.waitFor(() => expect(late.record.isReady).toBe(true), { timeout: 20_000, interval: 100 });
      expect((await late.admin('POST', '/admin/keys', { name: 'x' })).status).toBe(201);
    } finally {
      await late.stop();
    }
  }, 40_000);
});
