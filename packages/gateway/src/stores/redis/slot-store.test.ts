import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { createManualClock, type ManualClock } from '../manual-clock.fixture.ts';
import { createMemorySlotStore } from '../memory/slot-store.ts';
import { testSlotStore } from '../slot-store.conformance.ts';
import type { Slot, SlotPool } from '../slot-store.ts';
import { Wire } from '../wire.fixture.ts';
import { createRedisSlotStore, type RedisSlotStoreInput } from './slot-store.ts';
import {
  deleteKeys,
  deleteMadeKeys,
  keysOf,
  newPrefix,
  openWire,
  redisUrl,
  testConnection,
  throughWire,
  withClient,
} from './test-redis.fixture.ts';

/** Milliseconds between two renewals. */
const third = 10_000 / 3;
const never = new AbortController().signal;
const pool: SlotPool = { id: 'p', isShared: true, maxConcurrent: 2, maxQueue: 5, timeoutMs: 20_000 };

describe.runIf(redisUrl !== undefined)('Redis', () => {
  const connection = testConnection();
  afterAll(async () => {
    connection.close();
    await deleteMadeKeys();
  });

  const heard = async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      await connection.idle();
      await setImmediate();
    }
  };
  const storeOn = (clock: ManualClock, differences: Partial<RedisSlotStoreInput> = {}) =>
    createRedisSlotStore({
      connection,
      fallback: createMemorySlotStore({ clock }),
      clock,
      random: () => 0.5,
      holder: randomUUID(),
      prefix: newPrefix(),
      serverTime: () => clock.now(),
      ...differences,
    });

  testSlotStore('redis slot store', (clock) => ({ store: storeOn(clock), settle: heard }));

  const slotOf = (outcome: unknown): Slot => {
    if (typeof outcome !== 'object') throw new Error(`refused: ${String(outcome)}`);
    return outcome as Slot;
  };

  test('replicas share a pool, and one that waits gets what another gives back', async () => {
    const clock = createManualClock();
    const prefix = newPrefix();
    const [first, second] = [storeOn(clock, { prefix }), storeOn(clock, { prefix })];
    const held = [slotOf(await first.acquire(pool, never)), slotOf(await first.acquire(pool, never))];
    let late: Slot | undefined;
    void Promise.resolve(second.acquire(pool, never)).then((outcome) => {
      late = slotOf(outcome);
    });
    await heard();
    expect(late).toBeUndefined();
    expect(second.counts('p')).toEqual({ inFlight: 2, queued: 1 });
    held[0]?.release();
    held[0]?.release();
    await heard();
    clock.advance(50);
    await heard();
    expect(late).toBeDefined();
    held[1]?.release();
    late?.release();
    await heard();
    expect(second.counts('p')).toEqual({ inFlight: 0, queued: 0 });
    expect(clock.pending()).toBe(0);
  });

  test('leases are renewed while their holder lives, and end when it does not', async () => {
    const clock = createManualClock();
    const prefix = newPrefix();
    const [dying, living] = [storeOn(clock, { prefix }), storeOn(clock, { prefix })];
    await dying.acquire(pool, never);
    await living.acquire(pool, never);
    const none = { ...pool, maxQueue: 0 };
    for (let renewal = 0; renewal < 9; renewal += 1) {
      clock.advance(third);
      await heard();
      expect(await living.acquire(none, never)).toBe('full');
    }
    dying.close();
    clock.advance(third);
    await heard();
    clock.advance(third);
    await heard();
    expect(await living.acquire(none, never)).toBe('full');
    clock.advance(third);
    await heard();
    slotOf(await living.acquire(none, never));
    expect(await living.acquire(none, never)).toBe('full');
  });

  test("a pool that is not shared is this machine's, and costs no call", async () => {
    const clock = createManualClock();
    const prefix = newPrefix();
    const [first, second] = [storeOn(clock, { prefix }), storeOn(clock, { prefix })];
    const own = { ...pool, isShared: false, maxConcurrent: 1, maxQueue: 0 };
    for (const store of [first, second]) {
      expect(store.acquire(own, never)).toMatchObject({ release: expect.any(Function) });
      expect(store.acquire(own, never)).toBe('full');
    }
    expect(await keysOf(prefix)).toEqual([]);
  });

  test('what is granted to somebody who has left is given back at once', async () => {
    const clock = createManualClock();
    const prefix = newPrefix();
    const store = storeOn(clock, { prefix });
    const leaver = new AbortController();
    const asked = store.acquire(pool, leaver.signal);
    leaver.abort();
    expect(await asked).toBe('aborted');
    await heard();
    expect(await keysOf(prefix)).toEqual([]);
    expect(store.counts('p')).toEqual({ inFlight: 0, queued: 0 });
  });

  test('what Redis lost is taken up again', async () => {
    const clock = createManualClock();
    const prefix = newPrefix();
    const store = storeOn(clock, { prefix });
    await store.acquire(pool, never);
    await deleteKeys(prefix);
    clock.advance(third);
    await heard();
    const held = await withClient((client) => client.zcard(`${prefix}slots:p`));
    expect(held).toBe(1);
  });

  test('of ten thousand requests that end in every way, none leaves anything behind', async () => {
    const clock = createManualClock();
    const prefix = newPrefix();
    const wide: SlotPool = { id: 'p', isShared: true, maxConcurrent: 40, maxQueue: 100, timeoutMs: 60_000 };
    const stores = [0, 1, 2, 3].map(() => storeOn(clock, { prefix }));
    let [inUse, most, served] = [0, 0, 0];
    const request = async (index: number) => {
      const leaver = new AbortController();
      const asked = stores[index % 4]!.acquire(wide, leaver.signal);
      // Some leave before they are answered, some of those too late.
      if (index % 7 === 0) leaver.abort();
      const outcome = await asked;
      if (typeof outcome === 'string') return;
      served += 1;
      inUse += 1;
      most = Math.max(most, inUse);
      if (index % 3 === 0) await setImmediate();
      // The fourth dies with half of what it holds.
      if (index % 4 === 3 && index > 9_900) return;
      inUse -= 1;
      outcome.release();
      if (index % 11 === 0) outcome.release();
    };
    for (let from = 0; from < 10_000; from += 200) {
      const round = Array.from({ length: 200 }, (_, index) => request(from + index));
      const ended = Promise.all(round);
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      while (!isOver) {
        await heard();
        clock.advance(1);
      }
    }
    expect(served).toBeGreaterThan(8_000);
    expect(most).toBeLessThanOrEqual(40);
    stores[3]?.close();
    await heard();
    expect(await withClient((client) => client.zcard(`${prefix}slots:p`))).toBeGreaterThan(0);
    clock.advance(10_000);
    await heard();
    const last = slotOf(await stores[0]!.acquire(wide, never));
    expect(stores[0]!.counts('p')).toEqual({ inFlight: 1, queued: 0 });
    last.release();
    await heard();
    expect(stores[0]!.counts('p')).toEqual({ inFlight: 0, queued: 0 });
    expect(await keysOf(prefix)).toEqual([]);
  });

  test('while it is silent a process has slots of its own, and nobody waits for it', async () => {
    const wire = new Wire();
    await openWire(wire);
    const own = testConnection({ location: throughWire(wire), callTimeoutMs: 50 });
    const store = createRedisSlotStore({
      connection: own,
      fallback: createMemorySlotStore({ clock: systemClock }),
      clock: systemClock,
      random: Math.random,
      holder: randomUUID(),
      prefix: newPrefix(),
    });
    slotOf(await store.acquire(pool, never)).release();
    await own.idle();
    wire.freeze();
    const began = performance.now();
    const closed = { ...pool, id: 'closed', whenStoreIsAway: 'closed' } as const;
    // Whoever was waiting for an answer is told so, as everybody after it.
    await expect((async () => store.acquire(closed, never))()).rejects.toMatchObject({ kind: 'store_unavailable' });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => store.acquire({ ...pool, maxQueue: 0 }, never)));
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(outcomes.filter((outcome) => outcome === 'full')).toHaveLength(3);
    for (const outcome of outcomes) if (typeof outcome === 'object') outcome.release();
    expect(store.counts('p').inFlight).toBe(0);
    await expect((async () => store.acquire(closed, never))()).rejects.toMatchObject({ kind: 'store_unavailable' });
    store.close();
    own.close();
    wire.thaw();
    await wire.close();
  });
});
