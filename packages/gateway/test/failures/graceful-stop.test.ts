import { Agent, type IncomingMessage, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { answerOf, call, readAll } from './caller.ts';
import { type Drill, expectWhole, startDrill } from './drill.ts';
import { type PendingTimers, watchTimers } from './pending-timers.ts';

let drill: Drill;
let timers: PendingTimers | undefined;
afterEach(async () => {
  await drill.stop();
  timers?.restore();
  timers = undefined;
});

/** Whether something ends before a limit, in milliseconds. */
async function endsWithin(ending: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  const isEnded = await Promise.race([ending.then(() => true), limit]);
  clearTimeout(timer);
  return isEnded;
}

const since = (startedAt: number): number => performance.now() - startedAt;

describe('a gateway that stops', () => {
  it('lets a stream finish within the drain, and refuses new connections meanwhile', async () => {
    drill = await startDrill({ primary: 'sim?gap=5' });
    const { response } = drill.open({ stream: true });
    const head = await response;
    const stopped = drill.gateway.gateway.stop(10_000);
    await expect(call(drill.gateway.url)).rejects.toThrow('ECONNREFUSED');
    const { body, isCut } = await readAll(head);
    const startedAt = performance.now();
    expectWhole({ status: 200, headers: head.headers, body, isCut, durationMs: 0 }, true);
    await stopped;
    expect(since(startedAt)).toBeLessThan(7_000);
  });

  it('does not wait for callers that keep their connection open', async () => {
    drill = await startDrill({ primary: 'sim?gap=5' });
    const agent = new Agent({ keepAlive: true });
    const options = { method: 'POST', agent, headers: { 'content-type': 'application/json' } };
    const outgoing = request(`${drill.gateway.url}/v1/chat/completions`, options);
    outgoing.end(JSON.stringify({ model: 'chat', stream: true, messages: [{ role: 'user', content: 'Hi' }] }));
    const head = await new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve));
    const stopped = drill.gateway.gateway.stop(10_000);
    await readAll(head);
    const isStopped = await endsWithin(stopped, 7_000);
    agent.destroy();
    expect(isStopped).toBe(true);
  });

  it('ends a stream that outlasts the drain with an error in band', async () => {
    drill = await startDrill({ primary: 'f21c' });
    const head = await drill.open({ stream: true }).response;
    const stopped = drill.gateway.gateway.stop(200);
    const startedAt = performance.now();
    const { body, isCut } = await readAll(head);
    const answer = answerOf({ body, headers: head.headers });
    expect(answer.error?.code).toBe('shutting_down');
    expect(answer.isDone).toBe(false);
    expect(isCut).toBe(false);
    await stopped;
    expect(since(startedAt)).toBeLessThan(7_000);
    const [line] = await drill.gateway.settled(1);
    expect(line).toMatchObject({ status: 200, failure: 'shutting_down', attempts: 1 });
    await drill.isQuiet();
  });

  it('ends everything at once when it is told to a second time', async () => {
    timers = watchTimers();
    drill = await startDrill({ primary: 'f21a', sections: { queue: { max_concurrent: 1 } } });
    const waiting = drill.call();
    await drill.primary.waitForAttempts(1);
    const queued = drill.call({ stream: true });
    while (drill.gateway.slots.counts('admission').queued === 0) await new Promise((resolve) => setImmediate(resolve));
    const stopped = drill.gateway.gateway.stop(60_000);
    const startedAt = performance.now();
    void drill.gateway.gateway.stop(60_000);
    for (const reply of [await waiting, await queued]) {
      expect(reply.status).toBe(503);
      expect(answerOf(reply).error?.code).toBe('shutting_down');
      expect(reply.headers['retry-after']).toBe('1');
    }
    await stopped;
    expect(since(startedAt)).toBeLessThan(7_000);
    expect(timers.delays()).toEqual([]);
  });

  it('does not wait for a caller that does not read an answer too long to be held', async () => {
    expect(await stopsWhileUnread('f19a?bytes=30000000', false)).toBe(true);
  });

  it('does not wait for a caller that does not read a stream', async () => {
    expect(await stopsWhileUnread('f20b', true)).toBe(true);
  });
});

async function stopsWhileUnread(scenario: string, stream: boolean): Promise<boolean> {
  drill = await startDrill({ primary: scenario });
  const call = drill.open({ stream });
  await call.response;
  await drill.primary.waitUntil(() => drill.primary.attempts[0]!.bytesSent > 1_000_000);
  const isStopped = await endsWithin(drill.gateway.gateway.stop(200), 20_000);
  call.leave();
  return isStopped;
}
