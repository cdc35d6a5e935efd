import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { stopClock } from '../harness/stopped-clock.ts';
import { type Drill, expectWhole, startDrill } from './drill.ts';

let drill: Drill;
afterEach(() => drill.stop());

describe.each([{ stream: true }, { stream: false }])('a kept connection that died (stream: $stream)', ({ stream }) => {
  it('is replaced without a trace when the provider closes it on reuse', async () => {
    drill = await startDrill({ primary: 'f22a', retry: { max_attempts: 1 } });
    for (let round = 0; round < 4; round++) {
      const reply = await drill.call({ stream });
      expectWhole(reply, stream);
      expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ ok$/);
    }
    const lines = await drill.gateway.settled(4);
    expect(lines.map((line) => line['attempts'])).toEqual([1, 1, 1, 1]);
    expect(drill.primary.attempts.filter(({ outcome }) => outcome === 'faulted')).not.toHaveLength(0);
    expect(drill.gateway.health.recordOf(healthId())?.consecutiveFailures ?? 0).toBe(0);
  });

  it('is replaced although several died together', async () => {
    drill = await startDrill({ primary: 'ok', retry: { max_attempts: 1 } });
    await Promise.all(Array.from({ length: 3 }, () => drill.call({ stream })));
    drill.primary.behave({ kind: 'close-on-reuse' });
    const replies = await Promise.all(Array.from({ length: 3 }, () => drill.call({ stream })));
    for (const reply of replies) expectWhole(reply, stream);
  });

  it('does not hide a provider that resets every connection', async () => {
    drill = await startDrill({ primary: 'ok', fallback: 'ok', retry: { initial_delay_ms: 5 } });
    expectWhole(await drill.call({ stream }), stream);
    drill.primary.behave({ kind: 'reset', when: 'before-headers' });
    const reply = await drill.call({ stream });
    expectWhole(reply, stream);
    expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ transient, \S+ transient, \S+ ok$/);
    // The one on the kept connection is not counted, because the provider may never have seen it.
    expect(drill.attempts()).toEqual([1 + 3, 1]);
  });
});

it('a request that was long at work on a kept connection was sent again, beyond all that is configured', async () => {
  const clock = stopClock();
  const body = JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] });
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const answer = (): void => void response.setHeader('content-type', 'application/json').end(body);
    const breakDown = (): void => {
      clock.advance(5_000);
      request.socket.resetAndDestroy();
    };
    request.resume().on('end', requests === 1 ? answer : breakDown);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const primaryTarget = { api_base: `http://127.0.0.1:${port}/v1` };
  drill = await startDrill({ primary: 'sim', primaryTarget, retry: { max_attempts: 1 } });
  const replies = [await drill.call(), await drill.call()];
  expect(replies.map(({ status }) => status)).toEqual([200, 502]);
  expect(requests).toBe(2);
  clock.restore();
  server.close();
});

function healthId(): string {
  return [...drill.gateway.gateway.runtime.catalog.targets.values()][0]!.healthId;
}
