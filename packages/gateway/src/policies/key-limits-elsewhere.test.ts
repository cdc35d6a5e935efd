import { describe, expect, it } from 'vitest';
import { GatewayError } from '../canonical/gateway-error.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../stores/memory/limit-store.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import { later, limitOf, never, requestOf } from './key-limits.fixture.ts';
import { createKeyLimits, type KeyHold } from './key-limits.ts';

describe('limits of a key that somebody else counts', () => {
  const limit = limitOf({ requestsPerMinute: 2, maxConcurrent: 1 });

  function setUp() {
    const clock = createManualClock();
    const memory = { limits: createMemoryLimitStore({ clock }), slots: createMemorySlotStore({ clock }) };
    const asked: string[] = [];
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const policy = createKeyLimits({
      limits: {
        take: (claims) => memory.limits.take(claims),
        async reserve(claims) {
          asked.push(...claims.map(({ rule }) => rule.id));
          await answered;
          return memory.limits.reserve(claims);
        },
      },
      slots: {
        async acquire(pool, signal) {
          asked.push(pool.id);
          await answered;
          return memory.slots.acquire(pool, signal);
        },
        resize: (pool) => memory.slots.resize(pool),
        counts: (id) => memory.slots.counts(id),
      },
      whenStoreIsAway: 'open',
    });
    return { policy, asked, answer, memory };
  }

  it('are asked for together, and what a place refuses is not counted', async () => {
    const { policy, asked, answer, memory } = setUp();
    const entering = policy.enter(requestOf(limit), never, undefined, undefined);
    expect(asked).toEqual(['key:k1', 'key.requests']);
    answer();
    const hold = await entering;
    await expect(policy.enter(requestOf(limit), never, undefined, undefined)).rejects.toMatchObject({
      kind: 'rate_limited',
    });
    hold!.end(5);
    expect(memory.slots.counts('key:k1').inFlight).toBe(0);
    (await policy.enter(requestOf(limit), never, undefined, undefined))!.end(5);
    await expect(policy.enter(requestOf(limit), never, undefined, undefined)).rejects.toThrow(
      'limit of 2 requests in a minute',
    );
    expect(memory.slots.counts('key:k1').inFlight).toBe(0);
  });

  it('are waited for once where tokens are limited, too', async () => {
    const { policy, asked, answer, memory } = setUp();
    const both = { ...limit, tokensPerMinute: 1_000 };
    const hold = policy.enter(requestOf(both), never, undefined, undefined) as KeyHold;
    expect(asked).toEqual(['key:k1']);
    const claiming = hold.claim(requestOf(both), 300);
    expect(asked).toEqual(['key:k1', 'key.requests', 'key.tokens']);
    answer();
    await claiming;
    const second = policy.enter(requestOf(both), never, undefined, undefined) as KeyHold;
    await expect(second.claim(requestOf(both), 300)).rejects.toThrow('limit of 1 under way');
    second.end(0);
    hold.end(300);
    expect(memory.slots.counts('key:k1').inFlight).toBe(0);
    const third = policy.enter(requestOf(both), never, undefined, undefined) as KeyHold;
    await third.claim(requestOf(both), 700);
    third.end(undefined);
  });

  it('are asked for while the gateway counts for itself, and let go of when that refuses', async () => {
    const { policy, answer, memory } = setUp();
    const refusal = new GatewayError('rate_limited', 'The gateway has enough.');
    answer();
    const own = requestOf({ ...limit, maxConcurrent: undefined, requestsPerMinute: 1 });
    for (const one of [requestOf(limit), own]) {
      await expect(policy.enter(one, never, Promise.reject(refusal), undefined)).rejects.toBe(refusal);
    }
    const limited = requestOf({ ...limit, tokensPerMinute: 1_000 });
    const hold = policy.enter(limited, never, Promise.reject(refusal), undefined) as KeyHold;
    await expect(hold.claim(limited, 1_000)).rejects.toBe(refusal);
    await expect(policy.enter(requestOf(), never, Promise.reject(refusal), undefined)).rejects.toBe(refusal);
    expect(memory.slots.counts('key:k1').inFlight).toBe(0);
    // Nothing of them was counted against the key.
    expect(await policy.enter(own, never, Promise.resolve(), undefined)).toBeDefined();
  });

  it('hold no place of a request whose body was never read', async () => {
    const { policy, answer, memory } = setUp();
    const hold = policy.enter(requestOf({ ...limit, tokensPerMinute: 10 }), never, undefined, undefined) as KeyHold;
    hold.end(0);
    answer();
    await new Promise(setImmediate);
    expect(memory.slots.counts('key:k1').inFlight).toBe(0);
  });

  it('are waited for after a body that is short, and before one that is long', async () => {
    const { answer, policy } = setUp();
    answer();
    for (const own of [limit, { ...limit, maxConcurrent: undefined }]) {
      const request = requestOf({ ...own, id: `of ${own.maxConcurrent}`, requestsPerMinute: 1 });
      const hold = policy.enter(request, never, Promise.resolve(), 1_000) as KeyHold;
      expect([hold.needsClaim, hold.isPassing]).toEqual([true, true]);
      await hold.claim(request, 0);
      hold.end(0);
      const next = policy.enter(request, never, Promise.resolve(), 1_000) as KeyHold;
      await expect(next.claim(request, 0)).rejects.toThrow('limit of 1 requests in a minute');
      next.end(0);
      expect(next.isPassing).toBe(false);
      await expect(policy.enter(request, never, Promise.resolve(), 1_000_000)).rejects.toThrow('limit of 1 requests');
    }
  });

  it('pass again once a place is free, where nothing but places is limited', async () => {
    const { answer, policy } = setUp();
    answer();
    const request = requestOf(limitOf({ maxConcurrent: 1 }));
    const enter = () => policy.enter(request, never, undefined, 0) as KeyHold;
    const first = enter();
    await first.claim(request, 0);
    const refused = enter();
    await expect(refused.claim(request, 0)).rejects.toThrow('limit of 1 under way');
    refused.end(0);
    first.end(0);
    const second = enter();
    await second.claim(request, 0);
    expect(second.isPassing).toBe(true);
    second.end(0);
  });

  it('are waited for after a short body where they alone are counted elsewhere', async () => {
    const clock = createManualClock();
    const limits = createMemoryLimitStore({ clock });
    const slots = createMemorySlotStore({ clock });
    const policy = createKeyLimits({ ...later(limits, slots), slots, whenStoreIsAway: 'open' });
    const request = requestOf(limitOf({ requestsPerMinute: 1, maxConcurrent: 5 }));
    const hold = policy.enter(request, never, undefined, 0) as KeyHold;
    await hold.claim(request, 0);
    const refused = policy.enter(request, never, undefined, 0) as KeyHold;
    await expect((async () => refused.claim(request, 0))()).rejects.toThrow('limit of 1 requests in a minute');
    refused.end(0);
    expect(slots.counts('key:k1').inFlight).toBe(1);
    // Nobody waits for what a request is told whose body was bad.
    (policy.enter(request, never, undefined, 0) as KeyHold).end(0);
    expect(slots.counts('key:k1').inFlight).toBe(1);
    hold.end(0);
    expect(slots.counts('key:k1').inFlight).toBe(0);
  });
});
