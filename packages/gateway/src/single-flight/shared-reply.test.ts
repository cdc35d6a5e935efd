import { expect, it, vi } from 'vitest';
import { createFakeSink, type FakeSink } from './fake-sink.fixture.ts';
import { SharedReply, type SharedReplyOptions } from './shared-reply.ts';
import type { Share } from './subscription.ts';

function setUp(options: Partial<SharedReplyOptions> = {}) {
  const onClosed = vi.fn();
  const onAbandoned = vi.fn();
  const reply = new SharedReply({ maxKeptBytes: 100, maxLagBytes: 200, onClosed, onAbandoned, ...options });
  const join = (sink: FakeSink, name = 'id'): Share | undefined =>
    reply.join({ sink, headers: (headers) => [...headers, 'x-request-id', name] });
  return { reply, join, onClosed, onAbandoned };
}

const bytes = (length: number) => Buffer.alloc(length, 7);

it('gives everyone the head under its own name, the bytes and the end', async () => {
  const { reply, join, onClosed } = setUp();
  const [first, second] = [createFakeSink(), createFakeSink()];
  const early = join(first, 'one');
  reply.head(200, ['content-type', 'text/plain']);
  expect(reply.write(Buffer.from('hel'))).toBe(true);
  const late = join(second, 'two');
  reply.write(Buffer.from('lo '));
  reply.trailer('x-cost', '3');
  reply.end(Buffer.from('world'));
  for (const [sink, name] of [
    [first, 'one'],
    [second, 'two'],
  ] as const) {
    expect(sink.heads).toEqual([{ status: 200, headers: ['content-type', 'text/plain', 'x-request-id', name] }]);
    expect(sink.received().toString()).toBe('hello world');
    expect(sink).toMatchObject({ ends: 1, cuts: 0, trailers: ['x-cost: 3'], faults: [] });
  }
  expect(await early?.finished).toEqual({ ending: 'ended', accounts: true });
  expect(await late?.finished).toEqual({ ending: 'ended', accounts: false });
  expect(onClosed).toHaveBeenCalledOnce();
  expect(reply.keptBytes).toBe(0);
});

it('hands a whole answer over in one piece', () => {
  const { reply, join } = setUp();
  const sink = createFakeSink();
  const write = vi.spyOn(sink, 'write');
  const end = vi.spyOn(sink, 'end');
  join(sink);
  const answer = bytes(1_000);
  reply.head(200, []);
  reply.end(answer);
  expect(write).not.toHaveBeenCalled();
  expect(end.mock.calls[0]?.[0]).toBe(answer);
});

it('lets nobody join once the reply is too long to keep, and keeps nothing then', () => {
  const { reply, join, onClosed } = setUp({ maxKeptBytes: 10 });
  join(createFakeSink());
  reply.head(200, []);
  reply.write(bytes(10));
  expect(join(createFakeSink())).toBeDefined();
  reply.write(bytes(1));
  expect(reply.isJoinable).toBe(false);
  expect(join(createFakeSink())).toBeUndefined();
  expect(onClosed).toHaveBeenCalledOnce();
  expect(reply.keptBytes).toBe(0);
});

it('goes at the pace of the fastest', () => {
  const { reply, join } = setUp();
  const [slow, fast] = [createFakeSink(5), createFakeSink(15)];
  const resume = vi.fn();
  join(slow);
  join(fast);
  reply.head(200, []);
  expect(reply.write(bytes(10))).toBe(true);
  expect(reply.write(bytes(10))).toBe(false);
  reply.onDrain(resume);
  // It read what it had, but more waits for it, and it is full again.
  slow.drain();
  expect(slow.received()).toHaveLength(20);
  expect(resume).not.toHaveBeenCalled();
  fast.drain();
  expect(resume).toHaveBeenCalledOnce();
  expect(reply.write(bytes(1))).toBe(true);
});

it('goes on for somebody new while all others are slow', () => {
  const { reply, join } = setUp();
  const resume = vi.fn();
  join(createFakeSink(5));
  reply.head(200, []);
  expect(reply.write(bytes(10))).toBe(false);
  reply.onDrain(resume);
  const fresh = createFakeSink();
  join(fresh);
  expect(fresh.received()).toHaveLength(10);
  expect(resume).toHaveBeenCalledOnce();
});

it('cuts who is too far behind', async () => {
  const { reply, join, onAbandoned } = setUp({ maxLagBytes: 30 });
  const [slow, fast] = [createFakeSink(5), createFakeSink()];
  const [lagging, reading] = [join(slow), join(fast)];
  reply.head(200, []);
  for (let chunk = 0; chunk < 4; chunk += 1) reply.write(bytes(10));
  expect(slow.cuts).toBe(0);
  reply.write(bytes(10));
  expect(slow.cuts).toBe(0);
  reply.write(bytes(10));
  expect(slow.cuts).toBe(1);
  expect(await lagging?.finished).toEqual({ ending: 'cut', accounts: false });
  reply.end();
  expect(await reading?.finished).toEqual({ ending: 'ended', accounts: true });
  expect(onAbandoned).not.toHaveBeenCalled();
});

it('lets a slow one finish after the end', async () => {
  const { reply, join } = setUp();
  const slow = createFakeSink(5);
  const share = join(slow);
  reply.head(200, []);
  reply.write(bytes(6));
  reply.write(bytes(6));
  reply.end(bytes(6));
  expect(slow.ends).toBe(0);
  slow.drain();
  expect(slow).toMatchObject({ ends: 1, faults: [] });
  expect(slow.received()).toHaveLength(18);
  expect(await share?.finished).toEqual({ ending: 'ended', accounts: true });
  expect(reply.keptBytes).toBe(0);
});

it('cuts everyone when the call is cut, slow ones at once', async () => {
  const { reply, join, onAbandoned } = setUp();
  const [slow, fast] = [createFakeSink(5), createFakeSink()];
  const shares = [join(slow), join(fast)];
  reply.head(200, []);
  reply.write(bytes(6));
  reply.write(bytes(6));
  reply.cut();
  reply.end(bytes(1));
  slow.drain();
  for (const sink of [slow, fast]) expect(sink).toMatchObject({ ends: 0, cuts: 1, faults: [] });
  expect(await Promise.all(shares.map((share) => share?.finished))).toEqual([
    { ending: 'cut', accounts: true },
    { ending: 'cut', accounts: false },
  ]);
  expect(onAbandoned).not.toHaveBeenCalled();
});

it('outlives who began it, and is given up when the last one leaves', async () => {
  const { reply, join, onAbandoned } = setUp();
  const [leader, follower] = [createFakeSink(), createFakeSink()];
  const [first, second] = [join(leader), join(follower)];
  reply.head(200, []);
  first?.leave();
  reply.write(bytes(1));
  expect(leader.received()).toHaveLength(0);
  expect(follower.received()).toHaveLength(1);
  expect(onAbandoned).not.toHaveBeenCalled();
  second?.leave();
  second?.leave();
  expect(onAbandoned).toHaveBeenCalledOnce();
  expect(await first?.finished).toEqual({ ending: 'left', accounts: false });
  expect(await second?.finished).toEqual({ ending: 'left', accounts: true });
  // What the call still says on its way out reaches nobody.
  expect(reply.write(bytes(1))).toBe(true);
  reply.cut();
  for (const sink of [leader, follower]) expect(sink).toMatchObject({ ends: 0, cuts: 0, faults: [] });
});

it('writes nothing more to a client that is found to be gone while it is written to', async () => {
  const { reply, join } = setUp();
  const gone = createFakeSink();
  let share: Share | undefined;
  gone.write = (chunk) => {
    expect(chunk.length).toBeGreaterThan(0);
    share?.leave();
    return false;
  };
  share = join(gone);
  const other = createFakeSink();
  join(other);
  reply.head(200, []);
  reply.write(bytes(3));
  reply.end(bytes(3));
  expect(gone.ends).toBe(0);
  expect(other.received()).toHaveLength(6);
  expect(await share?.finished).toEqual({ ending: 'left', accounts: false });
});
