import { connect } from 'node:net';
import type { Simulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallOptions, OpenCall } from './caller.ts';
import { type Drill, type DrillOptions, onlyLine, startDrill } from './drill.ts';
import { type PendingTimers, watchTimers } from './pending-timers.ts';

let drill: Drill;
let timers: PendingTimers;
beforeEach(() => {
  timers = watchTimers();
});
afterEach(async () => {
  await drill.stop();
  timers.restore();
});

async function begin(options: DrillOptions, call?: CallOptions): Promise<OpenCall> {
  drill = await startDrill(options);
  return drill.open(call);
}

/** Resolves when something of the gateway's own, which tells nobody, has become true. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

async function expectLetGo(provider: Simulator, leftAt: number): Promise<void> {
  const { attempts } = provider;
  await provider.waitUntil(() => attempts.every(({ outcome }) => outcome !== undefined));
  const last = attempts.at(-1)!;
  expect(last.outcome).toBe('client_closed');
  expect(drill.running.between(leftAt, last.clientClosedAt!)).toBeLessThan(100);
}

/** One line, status 499, and nothing left behind. */
async function expectForgotten(attempts: number): Promise<void> {
  const line = await onlyLine(drill);
  expect(line).toMatchObject({ status: 499, failure: 'client_closed', message: 'Client closed request', attempts });
  expect(drill.gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
  expect(timers.delays()).toEqual([]);
}

describe('a caller that leaves', () => {
  it('in the middle of a stream that it does not read', async () => {
    const call = await begin({ primary: 'f20b' }, { stream: true });
    await call.response;
    await drill.primary.waitUntil(() => drill.primary.attempts[0]!.bytesSent > 1_000_000);
    await expectLetGo(drill.primary, call.leave());
    await expectForgotten(1);
  });

  it('while its target is busy was counted as an attempt', async () => {
    const bulkhead = { max_concurrent: 1, max_queue: 10 };
    drill = await startDrill({
      primary: 'f21c',
      sections: { resilience: { bulkhead }, queue: { max_concurrent: 10 } },
    });
    const first = drill.open({ stream: true });
    await drill.primary.waitForAttempts(1);
    const second = drill.open({ stream: true });
    await until(() => drill.gateway.slots.counts('admission').inFlight === 2);
    second.leave();
    expect(await onlyLine(drill)).toMatchObject({ status: 499, attempts: 0 });
    first.leave();
    const lines = await drill.gateway.settled(2);
    expect(lines[1]).toMatchObject({ status: 499, attempts: 1 });
    expect(timers.delays()).toEqual([]);
  });

  it('in the middle of its own request', async () => {
    drill = await startDrill({ primary: 'ok' });
    const socket = connect(drill.gateway.port, '127.0.0.1');
    // The interim reply says that the gateway has begun to read.
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n');
    socket.write('content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"model":');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await expectForgotten(0);
    expect(drill.attempts()).toEqual([0, 0]);
  });
});
