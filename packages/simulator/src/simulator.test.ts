import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Behaviour } from './behaviours.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { chat, exchange, type RawReply, streamData } from './testing/raw-exchange.ts';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ tokens: 8 });
});
afterEach(() => simulator.close());

async function play(behaviour: Behaviour, fields: object = { stream: true }): Promise<RawReply> {
  simulator.behave(behaviour);
  const reply = await chat(simulator.url, fields);
  await simulator.waitUntil(() => simulator.attempts.at(-1)?.outcome !== undefined);
  return reply;
}

function lastOutcome(): string | undefined {
  return simulator.attempts.at(-1)?.outcome;
}

describe('clients that leave', () => {
  function leaveWhen(fields: object, ready: () => boolean): Promise<number> {
    const body = JSON.stringify({ model: 'sim', messages: [], ...fields });
    const socket = connect(simulator.port, '127.0.0.1', () =>
      socket.write(
        `POST /chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
    socket.pause();
    return simulator.waitUntil(ready).then(() => {
      socket.destroy();
      return performance.timeOrigin + performance.now();
    });
  }

  it.each([
    ['before headers', { kind: 'hang', when: 'before-headers' }, () => simulator.attempts.length === 1],
    ['after headers', { kind: 'hang', when: 'after-headers' }, () => simulator.attempts[0]?.firstByteAt !== undefined],
    ['between tokens', { kind: 'answer', gapMs: 5, tokens: 2_000 }, () => (simulator.attempts[0]?.tokensSent ?? 0) > 2],
  ] as const)('are noticed %s', async (_, behaviour, ready) => {
    simulator.behave(behaviour);
    const leftAt = await leaveWhen({ stream: true }, ready);
    await simulator.waitUntil(() => lastOutcome() === 'client_closed');
    expect((simulator.attempts[0]?.clientClosedAt ?? 0) - leftAt).toBeLessThan(5_000);
    await simulator.waitUntil(() => simulator.openSockets === 0);
  });

  it('are not written to faster than they read', async () => {
    simulator.behave({ kind: 'flood', bytes: 1_000_000_000 });
    await leaveWhen({ stream: true }, () => (simulator.attempts[0]?.bytesSent ?? 0) > 1_000_000);
    await simulator.waitUntil(() => lastOutcome() === 'client_closed');
    // What the kernel's buffers took, and not what was to be sent.
    expect(simulator.attempts[0]?.bytesSent).toBeLessThan(50_000_000);
  });

  it('get a whole flood when they read', async () => {
    const reply = await play({ kind: 'flood', bytes: 3_000_000 });
    expect(reply.complete).toBe(true);
    expect(Buffer.byteLength(reply.text)).toBeGreaterThan(3_000_000);
    expect(streamData(reply.text).at(-1)).toBe('[DONE]');
  });
});

describe('the simulator', () => {
  it('records what was asked', async () => {
    await exchange(simulator.url, {
      path: '/x/v1/chat/completions?a=b',
      body: { model: 'm', stream: true },
      headers: { 'X-Case': 'Yes' },
    });
    expect(simulator.attempts[0]).toMatchObject({
      method: 'POST',
      path: '/x/v1/chat/completions',
      query: 'a=b',
      model: 'm',
      stream: true,
      headers: { 'x-case': 'Yes' },
      status: 200,
    });
    expect(simulator.attempts[0]?.rawHeaders).toContain('X-Case');
    expect(simulator.attempts[0]?.body.toString()).toBe('{"model":"m","stream":true}');
  });

  it('sends no body where HTTP has none', async () => {
    const head = await exchange(simulator.url, { method: 'HEAD', path: '/any' });
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
    expect(await play({ kind: 'status', status: 204, body: '' })).toMatchObject({ status: 204, text: '' });
    expect(simulator.attempts.map((attempt) => attempt.outcome)).toEqual(['completed', 'completed']);
  });

  it('keeps probes apart and answers them as its health says', async () => {
    expect((await exchange(simulator.url, { path: '/v1/models' })).text).toContain('"sim"');
    simulator.setHealth(503);
    expect((await exchange(simulator.url, { path: '/health' })).status).toBe(503);
    simulator.setHealth('reset');
    expect((await exchange(simulator.url, { path: '/health' })).error).toBe('ECONNRESET');
    expect(simulator.attempts).toHaveLength(0);
    expect(simulator.probes.map((probe) => probe.outcome)).toEqual(['completed', 'completed', 'faulted']);
  });

  it('asks for its key, on probes too, and names itself', async () => {
    const guarded = await startSimulator({ apiKey: 'secret', name: 'second' });
    try {
      const path = '/v1/models';
      expect((await exchange(guarded.url, { path })).status).toBe(401);
      expect((await chat(guarded.url, {})).text).toContain('invalid_api_key');
      expect(
        (await exchange(guarded.url, { path, headers: { authorization: 'Bearer secret' } })).headers['x-simulator'],
      ).toBe('second');
      expect((await exchange(guarded.url, { path, headers: { 'api-key': 'secret' } })).status).toBe(200);
      expect(guarded.attempts[0]?.behaviour).toBe('unauthorized');
    } finally {
      await guarded.close();
    }
  });

  it('waits with a limit', async () => {
    await expect(simulator.waitForAttempts(1, { timeoutMs: 5 })).rejects.toThrow('in vain for 1 attempts');
    const waiting = simulator.waitForAttempts(2);
    await Promise.all([chat(simulator.url, {}), chat(simulator.url, {})]);
    expect(await waiting).toHaveLength(2);
  });

  it('keeps as many attempts as told and counts all', async () => {
    const small = await startSimulator({ keepAttempts: 2 });
    try {
      for (let index = 0; index < 5; index++) await chat(small.url, { model: `m${index}` });
      expect(small.attemptCount).toBe(5);
      expect(small.attempts.at(-1)?.model).toBe('m4');
      expect(small.attempts.length).toBeLessThanOrEqual(4);
    } finally {
      await small.close();
    }
  });

  it('says that a port is taken', async () => {
    await expect(startSimulator({ port: simulator.port })).rejects.toThrow('EADDRINUSE');
  });

  it('closes while a reply hangs', async () => {
    simulator.behave({ kind: 'hang', when: 'before-headers' });
    const reply = chat(simulator.url, {});
    await simulator.waitForAttempts(1);
    await simulator.close();
    expect((await reply).bytes).toHaveLength(0);
  });
});
