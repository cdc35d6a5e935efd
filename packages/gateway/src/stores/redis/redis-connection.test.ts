import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { hasRedisServer, type OwnRedis, startOwnRedis } from './own-redis.fixture.ts';
import { connectRedis, type RedisConnection, type RedisOutcome } from './redis-connection.ts';
import { redisLocation } from './redis-location.ts';
import { defineScript } from './redis-script.ts';

const echo = defineScript('return ARGV[1]');

describe.runIf(hasRedisServer)('a connection', () => {
  let server: OwnRedis;
  let connection: RedisConnection | undefined;
  const outcomes: RedisOutcome[] = [];
  const states: boolean[] = [];
  const notices: string[] = [];
  beforeEach(async () => {
    server = await startOwnRedis('--requirepass', 'very-secret');
    for (const list of [outcomes, states, notices]) list.length = 0;
  });
  afterEach(async () => {
    connection?.close();
    await server.close();
  });

  const connect = async (url: string): Promise<RedisConnection> => {
    connection = connectRedis({
      location: redisLocation(url),
      clock: systemClock,
      callTimeoutMs: 5_000,
      connectTimeoutMs: 5_000,
      onNotice: (text) => notices.push(text),
      watch: {
        called: (outcome) => outcomes.push(outcome),
        isAnswering: (isAnswering) => states.push(isAnswering),
      },
    });
    await connection.isTried;
    return connection;
  };

  test('uses password and number of the database, over the network and over a socket of the machine', async () => {
    const set = defineScript("return redis.call('SET', KEYS[1], ARGV[1])");
    const get = defineScript("return redis.call('GET', KEYS[1])");
    const numbered = await connect(`redis://:very-secret@127.0.0.1:${server.port}/3`);
    await numbered.run(set, ['a'], ['three']);
    numbered.close();
    const local = await connect(`unix://:very-secret@${server.socket}?db=3`);
    expect(await local.run(get, ['a'], [])).toBe('three');
    local.close();
    const other = await connect(`redis://default:very-secret@127.0.0.1:${server.port}`);
    expect(await other.run(get, ['a'], [])).toBeNull();
    expect(notices).toEqual([]);
    expect(states).not.toContain(false);
  });

  test('with a wrong password says why it is not used, without the password', async () => {
    const refused = await connect(`redis://:not-that-secret@127.0.0.1:${server.port}`);
    expect(refused.isAnswering()).toBe(false);
    await expect(refused.run(echo, [], ['a'])).rejects.toThrow('Check that it runs and can be reached.');
    expect(notices).toEqual([expect.stringMatching(/refuses: (WRONGPASS|NOAUTH)/)]);
    expect(notices.join('')).not.toContain('not-that-secret');
  });

  test('uses no other database where there is none of that number', async () => {
    const refused = await connect(`redis://:very-secret@127.0.0.1:${server.port}/99`);
    expect(refused.isAnswering()).toBe(false);
    expect(notices).toEqual([expect.stringContaining('refuses: ERR DB index is out of range')]);
  });

  test('leaves a server that became a replica, and follows the address to the one in its place', async () => {
    const next = await startOwnRedis('--requirepass', 'very-secret');
    const way = await openWay(server.port);
    const demoted = new Redis({ port: server.port, password: 'very-secret' });
    try {
      const set = defineScript("return redis.call('SET', KEYS[1], ARGV[1])");
      const open = await connect(`redis://:very-secret@127.0.0.1:${way.port}`);
      expect(await open.run(set, ['a'], ['first'])).toBe('OK');
      await demoted.replicaof('127.0.0.1', next.port);
      await expect(open.run(set, ['a'], ['second'])).rejects.toThrow('READONLY');
      expect(open.isAnswering()).toBe(false);
      expect(notices).toEqual([expect.stringContaining('refuses: READONLY')]);
      way.leadTo(next.port);
      await until(() => open.isAnswering());
      expect(await open.run(set, ['a'], ['third'])).toBe('OK');
      expect(notices).toHaveLength(2);
    } finally {
      demoted.disconnect();
      way.close();
      await next.close();
    }
  });

  test('goes on over a new connection where many calls were lost with one', async () => {
    const way = await openWay(server.port);
    try {
      const open = await connect(`redis://:very-secret@127.0.0.1:${way.port}`);
      expect(await open.run(echo, [], ['a'])).toBe('a');
      server.signal('SIGSTOP');
      const lost = Array.from({ length: 20 }, () => open.run(echo, [], ['b']));
      way.breakAll();
      server.signal('SIGCONT');
      for (const { status } of await Promise.allSettled(lost)) expect(status).toBe('rejected');
      expect(open.isAnswering()).toBe(true);
      expect(await open.run(echo, [], ['c'])).toBe('c');
      expect(notices).toEqual([]);
    } finally {
      way.close();
    }
  });

  test('runs scripts that the server has forgotten', async () => {
    const open = await connect(`redis://:very-secret@127.0.0.1:${server.port}`);
    expect(await open.run(echo, [], ['a'])).toBe('a');
    await open.run(defineScript("return redis.call('SCRIPT', 'FLUSH')"), [], []).catch(() => undefined);
    expect(await open.run(echo, [], ['b'])).toBe('b');
  });

  test('counts calls, tells of an error of a script, and of a server that is gone without anybody asking', async () => {
    const open = await connect(`redis://:very-secret@127.0.0.1:${server.port}`);
    await open.run(echo, [], ['a']);
    await expect(open.run(defineScript("return redis.error_reply('NO not me')"), [], [])).rejects.toThrow('not me');
    expect(outcomes).toEqual(['ok', 'refused']);
    expect(open.isAnswering()).toBe(true);
    await server.kill();
    await until(() => !open.isAnswering());
    await server.restart();
    await until(() => open.isAnswering());
    expect(await open.run(echo, [], ['b'])).toBe('b');
    expect(states).toEqual([true, false, true]);
  });
});

/** An address that leads to one server and later to another, as a name does; connections stay where they lead. */
async function openWay(port: number) {
  let leadsTo = port;
  const sockets: Socket[] = [];
  const way = createServer((near) => {
    const far = netConnect(leadsTo, '127.0.0.1');
    for (const socket of [near, far]) sockets.push(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  const breakAll = (): void => {
    for (const socket of sockets.splice(0)) socket.destroy();
  };
  return {
    breakAll,
    port: (way.address() as AddressInfo).port,
    leadTo: (next: number) => {
      leadsTo = next;
    },
    close: () => {
      breakAll();
      way.close();
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const began = performance.now();
  while (!isSo()) {
    if (performance.now() - began > 20_000) throw new Error('It never comes to be.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
