import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFakeSink, type FakeSink } from './fake-sink.fixture.ts';
import { SharedReply } from './shared-reply.ts';
import type { Share, ShareOutcome } from './subscription.ts';

const maxKeptBytes = 20_000;
const maxLagBytes = 40_000;
const longestChunk = 9_000;
/** Blocks are filled from their beginning and dropped as wholes. */
const blockSlack = 2 * 64 * 1024;

/** Bytes that tell their place. */
const pattern = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));

interface Listener {
  readonly sink: FakeSink;
  readonly share: Share;
  /** What must become of it, once that is certain. */
  expected: ShareOutcome['ending'] | undefined;
  /** It went while others stayed, and cannot answer for what the call came to. */
  isOut: boolean;
}

const who = fc.nat(7);
const size = fc.integer({ min: 1, max: longestChunk });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), room: fc.constantFrom(0, 3_000, 30_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), who }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('write' as const), size }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('drain' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('head' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), size }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'endEmpty' as const }, { kind: 'cut' as const }) },
);

/** A shared reply and what must be true of it, by the simplest bookkeeping there is. */
class Scene {
  readonly listeners: Listener[] = [];
  readonly reply = new SharedReply({
    maxKeptBytes,
    maxLagBytes,
    onClosed: () => {
      this.closed += 1;
    },
    onAbandoned: () => {
      this.abandoned += 1;
    },
  });
  whole = Buffer.alloc(0);
  closed = 0;
  abandoned = 0;
  state: 'running' | 'ended' | 'cut' | 'abandoned' = 'running';
  hasHead = false;
  isWaiting = false;
  /** Who is just joining. */
  newcomer: FakeSink | undefined;

  alive = () => this.listeners.filter(({ expected }) => expected === undefined);
  /** Those who take more. */
  ready = () => this.alive().filter(({ sink }) => !sink.isFull);

  join(room: number): void {
    const sink = createFakeSink(room);
    this.newcomer = sink;
    const mayJoin = this.state === 'running' && this.whole.length <= maxKeptBytes;
    expect(this.reply.isJoinable).toBe(mayJoin);
    const name = `${this.listeners.length}`;
    const share = this.reply.join({ sink, headers: (headers) => [...headers, 'n', name] });
    this.newcomer = undefined;
    expect(share !== undefined).toBe(mayJoin);
    if (share) this.listeners.push({ sink, share, expected: undefined, isOut: false });
  }

  leave(index: number): void {
    const listener = this.listeners[index % Math.max(1, this.listeners.length)];
    if (listener === undefined) return;
    listener.share.leave();
    if (listener.expected === undefined) this.#lose(listener, 'left');
  }

  write(length: number): void {
    this.head();
    if (this.state === 'running') {
      for (const listener of this.alive()) {
        if (this.whole.length - listener.sink.received().length > maxLagBytes) this.#lose(listener, 'cut');
      }
    }
    const mayGoOn = this.reply.write(this.#grow(length));
    expect(mayGoOn).toBe(this.alive().length === 0 || this.ready().length > 0);
    if (mayGoOn || this.isWaiting) return;
    this.isWaiting = true;
    this.reply.onDrain(() => {
      expect(this.newcomer?.isFull === false || this.ready().length > 0).toBe(true);
      this.isWaiting = false;
    });
  }

  head(): void {
    if (!this.hasHead) this.reply.head(200, ['a', 'b']);
    this.hasHead = true;
  }

  end(length: number): void {
    this.head();
    this.reply.end(length === 0 ? undefined : this.#grow(length));
    if (this.state === 'running') this.state = 'ended';
  }

  cut(): void {
    this.reply.cut();
    if (this.state !== 'running') return;
    this.state = 'cut';
    for (const listener of this.alive()) listener.expected = 'cut';
  }

  drain(index: number): void {
    const listener = this.listeners[index % Math.max(1, this.listeners.length)];
    if (listener?.sink.isFull) listener.sink.drain();
  }

  check(): void {
    for (const listener of this.listeners) this.#checkListener(listener);
    expect(this.abandoned).toBe(this.state === 'abandoned' ? 1 : 0);
    const isClosed = this.state !== 'running' || this.whole.length > maxKeptBytes;
    expect(this.closed).toBe(isClosed ? 1 : 0);
    if (this.state === 'running' && this.alive().length > 0)
      expect(this.isWaiting && this.ready().length > 0).toBe(false);
    expect(this.reply.keptBytes).toBeLessThanOrEqual(maxLagBytes + longestChunk + blockSlack);
    if (isClosed && this.alive().every(({ sink }) => !sink.isFull)) expect(this.reply.keptBytes).toBe(0);
  }

  #checkListener(listener: Listener): void {
    const { sink } = listener;
    const received = sink.received();
    expect(sink.faults).toEqual([]);
    expect(received.equals(this.whole.subarray(0, received.length))).toBe(true);
    // Who takes more has all there is, and with the end of it the end.
    if (
      listener.expected === undefined &&
      this.state === 'ended' &&
      received.length === this.whole.length &&
      sink.ends > 0
    ) {
      listener.expected = 'ended';
    }
    if (listener.expected === undefined) {
      expect(sink.heads.length).toBe(this.hasHead ? 1 : 0);
      expect(sink.isFull || (received.length === this.whole.length && this.state === 'running')).toBe(true);
    }
    expect(sink.ends).toBe(listener.expected === 'ended' ? 1 : 0);
    expect(sink.cuts).toBe(listener.expected === 'cut' ? 1 : 0);
    if (sink.heads[0]) expect(sink.heads[0].headers).toEqual(['a', 'b', 'n', `${this.listeners.indexOf(listener)}`]);
  }

  #lose(listener: Listener, ending: 'left' | 'cut'): void {
    listener.expected = ending;
    if (this.state !== 'running') return;
    if (this.alive().length === 0) this.state = 'abandoned';
    else listener.isOut = true;
  }

  #grow(length: number): Buffer {
    const start = this.whole.length % 251;
    const chunk = pattern.subarray(start, start + length);
    if (this.state === 'running') this.whole = Buffer.concat([this.whole, chunk]);
    return chunk;
  }
}

it('gives each subscriber all of the reply or a cut, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), fc.boolean(), async (steps, endsWell) => {
      const scene = new Scene();
      for (const action of steps) {
        if (action.kind === 'join') scene.join(action.room);
        else if (action.kind === 'leave') scene.leave(action.who);
        else if (action.kind === 'write') scene.write(action.size);
        else if (action.kind === 'drain') scene.drain(action.who);
        else if (action.kind === 'end') scene.end(action.size);
        else if (action.kind === 'endEmpty') scene.end(0);
        else if (action.kind === 'cut') scene.cut();
        else scene.head();
        scene.check();
      }
      if (endsWell) scene.end(10);
      else scene.cut();
      // Everybody who still reads gets to the end of it.
      for (let round = 0; round < 100 && scene.alive().some(({ sink }) => sink.isFull); round += 1) {
        for (const { sink } of scene.alive()) if (sink.isFull) sink.drain();
        scene.check();
      }
      scene.check();
      const outcomes = await Promise.all(scene.listeners.map(({ share }) => share.finished));
      expect(outcomes.map(({ ending }) => ending)).toEqual(scene.listeners.map(({ expected }) => expected));
      // The first of those who stayed answers for the call.
      const accountant = scene.listeners.findIndex(({ isOut }) => !isOut);
      expect(outcomes.map(({ accounts }) => accounts)).toEqual(outcomes.map((_, index) => index === accountant));
    }),
    { numRuns: 200 },
  );
});
