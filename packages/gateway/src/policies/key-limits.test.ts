import { describe, expect, it } from 'vitest';
import type { LimitReservation, ReservingLimitStore } from '../stores/limit-store.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../stores/memory/limit-store.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import { later, limitOf, never, requestOf } from './key-limits.fixture.ts';
import { createKeyLimits, type KeyHold, type KeyLimits } from './key-limits.ts';
import { createRequestView } from './request-view.fixture.ts';

describe.each(['at once', 'later'])('limits of a key, answered %s', (when) => {
  function setUp() {
    const clock = createManualClock();
    const memory = { limits: createMemoryLimitStore({ clock }), slots: createMemorySlotStore({ clock }) };
    const stores = when === 'later' ? later(memory.limits, memory.slots) : memory;
    const policy = createKeyLimits({ ...stores, whenStoreIsAway: 'open' });
    return { clock, policy, slots: memory.slots };
  }
  const enter = async (policy: KeyLimits, request: ReturnType<typeof requestOf>): Promise<KeyHold> => {
    const hold = await policy.enter(request, never, undefined, undefined);
    if (hold === undefined) throw new Error('Nothing is limited.');
    return hold;
  };

  it('are nothing where there are none', async () => {
    const { policy } = setUp();
    expect(policy.enter(createRequestView(), never, undefined, undefined)).toBeUndefined();
    expect(policy.enter(requestOf(), never, undefined, undefined)).toBeUndefined();
  });

  it('count requests before the body where that is enough', async () => {
    const { policy, clock } = setUp();
    const limit = limitOf({ requestsPerMinute: 2 });
    const request = requestOf(limit);
    const hold = await enter(policy, request);
    expect(hold.needsClaim).toBe(false);
    await hold.claim(request, 1_000);
    expect(request.replyHeaders).toEqual([
      ...['X-RateLimit-Limit', '2', 'X-RateLimit-Remaining', '1', 'X-RateLimit-Reset', '60'],
    ]);
    hold.end(5);
    await enter(policy, requestOf(limit));
    clock.advance(20_500);
    await expect(enter(policy, requestOf(limit))).rejects.toMatchObject({
      kind: 'rate_limited',
      status: 429,
      retryAfterMs: 40_000,
      message: expect.stringContaining("this key's limit of 2 requests in a minute"),
      headers: { 'X-RateLimit-Limit': '2', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '40' },
    });
  });

  it('count requests and tokens together after the body, and give back what was not used', async () => {
    const { policy } = setUp();
    const limit = limitOf({ requestsPerMinute: 5, tokensPerMinute: 1_000 });
    const first = await enter(policy, requestOf(limit));
    expect(first.needsClaim).toBe(true);
    await first.claim(requestOf(limit), 900);
    const request = requestOf(limit);
    const second = await enter(policy, request);
    await expect((async () => second.claim(request, 200))()).rejects.toMatchObject({
      kind: 'rate_limited',
      message: expect.stringContaining('limit of 1000 tokens in a minute'),
      headers: { 'X-RateLimit-Limit-Tokens': '1000', 'X-RateLimit-Remaining-Tokens': '0' },
    });
    second.end(0);
    first.end(100);
    const third = await enter(policy, request);
    await third.claim(request, 900);
    // Of the three only two were counted.
    expect(request.replyHeaders.join(' ')).toContain('X-RateLimit-Remaining-Tokens 0');
    third.end(0);
    const fourth = requestOf(limit);
    await (await enter(policy, fourth)).claim(fourth, 1);
    expect(fourth.replyHeaders.join(' ')).toContain('X-RateLimit-Remaining 2');
  });

  it('told who asks for more tokens than ever pass to come again', async () => {
    const { policy } = setUp();
    const request = requestOf(limitOf({ tokensPerMinute: 1_000, requestsPerMinute: 3 }));
    const ask = async (tokens: number) => (await enter(policy, request)).claim(request, tokens);
    const message = expect.stringContaining('may take 1001 tokens');
    await expect(ask(1_001)).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: undefined, message });
    await ask(1_000);
    await expect(ask(900)).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000 });
  });

  it('keep the estimate of an answer of which nobody knows what it took', async () => {
    const { policy } = setUp();
    const request = requestOf(limitOf({ tokensPerMinute: 1_000 }));
    const hold = await enter(policy, request);
    await hold.claim(request, 900);
    hold.end(undefined);
    hold.end(0);
    const next = await enter(policy, request);
    await expect((async () => next.claim(request, 200))()).rejects.toMatchObject({ kind: 'rate_limited' });
  });

  it('hold places until the end, of all who share them, and none after a refusal', async () => {
    const { policy, slots } = setUp();
    const key = limitOf({ maxConcurrent: 2, requestsPerMinute: 3 });
    const team = limitOf({ scope: 'team', id: 't1', maxConcurrent: 1 });
    const first = await enter(policy, requestOf(key, team));
    await expect(enter(policy, requestOf(key, team))).rejects.toMatchObject({
      kind: 'rate_limited',
      message: expect.stringContaining("this team's limit of 1 under way"),
      retryAfterMs: 1_000,
    });
    expect([slots.counts('key:k1').inFlight, slots.counts('team:t1').inFlight]).toEqual([1, 1]);
    first.end(undefined);
    first.end(undefined);
    for (let count = 0; count < 2; count += 1) (await enter(policy, requestOf(key, team))).end(0);
    await expect(enter(policy, requestOf(key, team))).rejects.toMatchObject({ message: expect.stringContaining('3') });
    expect([slots.counts('key:k1').inFlight, slots.counts('team:t1').inFlight]).toEqual([0, 0]);
  });

  it('give everything back when the store fails', async () => {
    const { slots } = setUp();
    const failing = () => {
      throw new Error('closed');
    };
    const policy = createKeyLimits({
      limits: { take: failing, reserve: failing },
      slots,
      whenStoreIsAway: 'closed',
    });
    await expect(enter(policy, requestOf(limitOf({ maxConcurrent: 1, requestsPerMinute: 1 })))).rejects.toThrow(
      'closed',
    );
    expect(slots.counts('key:k1').inFlight).toBe(0);
  });
});

it('a request that ends while the store is asked for its tokens gives them back', async () => {
  const clock = createManualClock();
  const limits = createMemoryLimitStore({ clock });
  let answer: () => void = () => undefined;
  const slow: ReservingLimitStore = {
    take: (claims) => limits.take(claims),
    reserve: (claims) =>
      new Promise<LimitReservation>((resolve) => {
        answer = () => resolve(limits.reserve(claims));
      }),
  };
  const policy = createKeyLimits({ limits: slow, slots: createMemorySlotStore({ clock }), whenStoreIsAway: 'open' });
  const request = requestOf(limitOf({ tokensPerMinute: 100 }));
  const hold = (await policy.enter(request, never, undefined, undefined))!;
  const claimed = hold.claim(request, 80);
  hold.end(0);
  answer();
  await claimed;
  const rule = { id: 'key.tokens', algorithm: 'sliding_window', limit: 100, windowMs: 60_000 } as const;
  expect(limits.take([{ rule, key: 'k1', cost: 0 }]).remaining).toBe(100);
});

it('rules are made once for all requests of a key', async () => {
  const seen = new Set<unknown>();
  const clock = createManualClock();
  const limits = createMemoryLimitStore({ clock });
  const watching: ReservingLimitStore = {
    take(claims) {
      for (const { rule } of claims) seen.add(rule);
      return limits.take(claims);
    },
    reserve: (claims) => limits.reserve(claims),
  };
  const policy = createKeyLimits({
    limits: watching,
    slots: createMemorySlotStore({ clock }),
    whenStoreIsAway: 'open',
  });
  const request = requestOf(limitOf({ requestsPerMinute: 100 }));
  for (let count = 0; count < 10; count += 1) await policy.enter(request, never, undefined, undefined);
  expect(seen.size).toBe(1);
});
