import { afterEach, describe, expect, it } from 'vitest';
import { type StoppedClock, stopClock } from '../harness/stopped-clock.ts';
import { answerOf, bytesOf, readAll } from './caller.ts';
import { type Drill, startDrill } from './drill.ts';
import { heldBuffers, settledAt, shortIdleMs } from './held-up.ts';

const megabyte = 1024 * 1024;
/** What the sockets of both sides and the streams on them hold on a usual machine, with room to spare. */
const heldAtMost = 24 * megabyte;

let drill: Drill;
let clock: StoppedClock | undefined;
afterEach(async () => {
  await drill.stop();
  clock?.restore();
  clock = undefined;
});

const timeout = { idle_seconds: shortIdleMs / 1_000 };
const bytesSent = () => drill.primary.attempts[0]?.bytesSent ?? 0;

/** Waits until nothing moves any more, and then for much longer than the provider may be silent; gives what was sent. */
async function heldUp({ advance }: StoppedClock): Promise<number> {
  const sent = await settledAt(bytesSent);
  advance(100 * shortIdleMs);
  expect(await settledAt(bytesSent)).toBe(sent);
  return sent;
}

describe('a provider that sends faster than the caller reads', () => {
  it('is held back: nothing is lost, nothing piles up, and the wait is no silence', async () => {
    clock = stopClock();
    drill = await startDrill({ primary: 'f20b?bytes=40000000', timeout });
    const before = heldBuffers();
    const response = await drill.open({ stream: true }).response;
    const sent = await heldUp(clock);
    expect(sent).toBeLessThan(heldAtMost);
    expect(heldBuffers() - before).toBeLessThan(heldAtMost);
    const { body, isCut } = await readAll(response);
    expect(isCut).toBe(false);
    expect(body.length).toBeGreaterThan(40_000_000);
    expect(body.subarray(-14).toString()).toBe('data: [DONE]\n\n');
    await drill.isQuiet();
    expect(drill.primary.attempts[0]!.outcome).toBe('completed');
  });

  it('is held back before an answer that is not streamed and too long to be held, too', async () => {
    clock = stopClock();
    drill = await startDrill({ primary: 'sim', timeout });
    const answer = { choices: [{ index: 0, message: { content: 'word '.repeat(8_000_000) }, finish_reason: 'stop' }] };
    drill.primary.behave({ kind: 'raw', bytes: JSON.stringify(answer), chunkSizes: [65_536] });
    const response = await drill.open().response;
    const sent = await heldUp(clock);
    expect(sent).toBeLessThan(heldAtMost);
    const { body, isCut } = await readAll(response);
    expect(isCut).toBe(false);
    expect(body.length).toBeGreaterThan(40_000_000);
    await drill.isQuiet();
  });

  it('is let go when the caller never reads on', async () => {
    drill = await startDrill({ primary: 'f20b', timeout: { streaming_seconds: 1 } });
    const call = drill.open({ stream: true });
    const response = await call.response;
    await drill.isQuiet();
    expect(drill.primary.attempts[0]!.outcome).toBe('client_closed');
    const [line] = await drill.gateway.settled(1);
    expect(line).toMatchObject({ failure: 'total_timeout', attempts: 1 });
    const { body } = await readAll(response);
    expect(answerOf({ body, headers: response.headers }).error?.code).toBe('upstream_timeout');
  });
});

it('many events of one turn leave in few writes, and in their order', async () => {
  drill = await startDrill({ primary: 'f19g?tokens=20000' });
  const response = await drill.open({ stream: true }).response;
  const reading = bytesOf(response, 1);
  const { body } = await readAll(response);
  await reading;
  const { text, isDone } = answerOf({ body, headers: response.headers });
  expect(isDone).toBe(true);
  expect(text.split(' ')).toHaveLength(20_000);
});
