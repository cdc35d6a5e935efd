import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteMadeKeys, keysOf, makePrefix, redisUrl, withClient } from '../../src/stores/redis/test-redis.fixture.ts';
import { call, hello } from '../acceptance/caller.ts';
import { administer } from '../admin/administer.ts';
import { adminKey } from '../admin/record-gateway.ts';
import { NANOS, nanosOf, pricing } from '../budgets/budget-scene.ts';
import { buildReplicas, type Replicas, redisStatusOf } from './replicas.ts';

/** Less than a gateway waits for Redis before it counts by itself. */
const patience = { timeout: 400, interval: 5 };

/** What is counted in Redis, by parts of the names of its keys: places, limits of keys, money, tokens of keys, limits of the gateway, of targets. */
const places = ':slots:key:';
const limits = ':key.requests:';
const money = ':spend:sums:day:';
const tokens = ':spend:sums:total:';
const shared = ':rate_limit:';
const target = '/rpm:';
const targetTokens = '/tpm:';
const targetPlaces = ':slots:target/';

/** Stands before a Redis server, and can keep its answers back until it was asked for all that is expected. */
class HoldingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];
  #expected: readonly string[] = [];
  /** What was asked for since answers are kept back. */
  readonly asked = new Set<string>();

  constructor(redis: URL) {
    this.#server = createServer((client) => {
      const redisSide = connect(Number(redis.port || 6379), redis.hostname);
      for (const socket of [client, redisSide]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
      }
      client.on('data', (bytes) => {
        redisSide.write(bytes);
        this.#note(bytes.toString('latin1'));
      });
      redisSide.on('data', (bytes) => {
        if (this.#expected.length > 0) this.#held.push(() => client.write(bytes));
        else client.write(bytes);
      });
      client.on('close', () => redisSide.destroy());
      redisSide.on('close', () => client.destroy());
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as { port: number }).port));
    });
  }

  keepAnswers(expected: readonly string[]): void {
    this.asked.clear();
    this.#expected = expected;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #note(text: string): void {
    for (const name of this.#expected) if (text.includes(name)) this.asked.add(name);
    if (this.asked.size < this.#expected.length) return;
    this.#expected = [];
    for (const give of this.#held.splice(0)) give();
  }
}

/** What a key and its target are limited by. */
interface Scene {
  readonly key: Readonly<Record<string, number>>;
  readonly target?: Readonly<Record<string, unknown>>;
  readonly sections?: Readonly<Record<string, unknown>>;
}

const perMinute = { requests_per_minute: 100 };
const asks = { ...perMinute, max_concurrent: 10 };
const inAll = { token_budget: 100_000 };
const rateLimit = { rate_limit: perMinute };
const targetLimits = { rate_limit: { ...perMinute, tokens_per_minute: 100_000 } };
const sharedPlaces = { resilience: { bulkhead: { max_concurrent: 10, shared: true } } };

describe.runIf(redisUrl !== undefined)('a request whose key has limits and budgets', () => {
  let replicas: Replicas;
  let simulator: Simulator;
  beforeAll(async () => {
    [replicas, simulator] = await Promise.all([buildReplicas(), startSimulator({ tokens: 1 })]);
    simulator.behave({ kind: 'answer', usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 } });
  });
  afterAll(async () => {
    await replicas.remove();
    await simulator.close();
    await deleteMadeKeys();
  });

  /** A gateway that asks Redis through a proxy, and a key with these limits and a budget of its own. */
  async function open({ key: fields, sections: more, target: limited }: Scene) {
    const proxy = new HoldingProxy(new URL(redisUrl!));
    const proxied = new URL(redisUrl!);
    proxied.host = `127.0.0.1:${await proxy.listen()}`;
    const prefix = makePrefix();
    const provider = { name: 'only', api_base: `${simulator.url}/v1`, api_key: 'none', ...limited };
    const sections = {
      redis: { key_prefix: prefix.configured },
      database: { path: join(await replicas.folder(), 'record.db') },
      models: { sim: { pricing, providers: [provider] } },
      ...more,
    };
    const env = { ADMIN_KEY: adminKey };
    const { url } = await replicas.start({ redisUrl: proxied.href, upstream: simulator.url, sections, env });
    await expect.poll(() => redisStatusOf(url)).toBe('ok');
    const { id, key } = await administer(url, 'POST', '/admin/keys', { name: 'test', ...fields });
    const budget = { name: 'own', scope: 'key', scope_id: id, period: 'day', cap_usd: 100, is_hard: true };
    const { id: budgetId } = await administer(url, 'POST', '/admin/budgets', budget);
    return {
      proxy,
      keys: prefix.keys,
      ask: () => call(url, { model: 'sim', max_tokens: 100, messages: hello }, { key: key as string }),
      standing: () => administer(url, 'GET', `/admin/budgets/${budgetId}`),
    };
  }
  const spent = { spent_usd: nanosOf(10, 10) / NANOS, reserved_usd: 0 };

  it.each<readonly [string, Scene, readonly string[]]>([
    ['requests and places', { key: asks }, [places, limits, money]],
    ['requests, tokens and places', { key: { ...asks, tokens_per_minute: 100_000 } }, [places, limits, money]],
    ['tokens in all', { key: inAll }, [tokens, money]],
    ['requests, tokens in all and places', { key: { ...asks, ...inAll } }, [places, limits, tokens, money]],
    ['nothing beside a limit of the gateway', { key: {}, sections: rateLimit }, [shared, money]],
    ['tokens in all beside a limit of the gateway', { key: inAll, sections: rateLimit }, [shared, tokens, money]],
    [
      'requests and places beside limits of its target',
      { key: asks, target: targetLimits, sections: sharedPlaces },
      [places, limits, money, target, targetTokens, targetPlaces],
    ],
    ['nothing beside requests of its target', { key: {}, target: { rate_limit: perMinute } }, [money, target]],
    ['nothing beside places of its target', { key: {}, sections: sharedPlaces }, [money, targetPlaces]],
  ])('of %s waits for Redis once', async (_name, scene, expected) => {
    const { ask, proxy, standing } = await open(scene);
    expect((await ask()).status).toBe(200);
    // All that the first request had to tell has been told.
    await expect.poll(standing).toMatchObject(spent);
    proxy.keepAnswers(expected);
    const asking = ask();
    await expect.poll(() => [...proxy.asked].sort(), patience).toEqual([...expected].sort());
    expect((await asking).status).toBe(200);
    proxy.close();
  });

  it('holds no money once the limits have refused it', async () => {
    const { ask, proxy, standing } = await open({ key: { ...asks, requests_per_minute: 1 } });
    expect((await ask()).status).toBe(200);
    await expect.poll(standing).toMatchObject(spent);
    for (let count = 0; count < 3; count += 1) {
      const refused = await ask();
      expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: 'rate_limit_exceeded' } }]);
    }
    await expect.poll(standing).toMatchObject(spent);
    proxy.close();
  });

  it('holds nothing of its target once the limits have refused it', async () => {
    const few = { rate_limit: { requests_per_minute: 6 } };
    const { ask, keys, proxy } = await open({
      key: { ...asks, requests_per_minute: 1 },
      target: few,
      sections: sharedPlaces,
    });
    expect((await ask()).status).toBe(200);
    for (let count = 0; count < 3; count += 1) expect((await ask()).status).toBe(429);
    await expect.poll(() => heldOfTargets(keys)).toEqual({ requests: 1, places: 0 });
    proxy.close();
  });
});

/** Of six requests a minute, those that have not come back yet, and places. */
async function heldOfTargets(prefix: string): Promise<{ requests: number; places: number }> {
  const named = await keysOf(prefix);
  return withClient(async (client) => {
    const left = await client.hget(named.find((key) => key.includes(target))!, 'tokens');
    const held = named.filter((key) => key.includes(targetPlaces)).map((key) => client.zcard(key));
    return {
      requests: Math.ceil(6 - Number(left)),
      places: (await Promise.all(held)).reduce((sum, one) => sum + one, 0),
    };
  });
}
