import { describe, expect, it } from 'vitest';
import { AskedAhead } from './ask-ahead.ts';
import { AskedTarget } from './asked-target.ts';
import { Cancellation } from './cancellation.ts';
import { createChatExchange } from './exchange.fixture.ts';
import type { Plan, PlanStep } from './routing/plan.ts';
import { makeTarget } from './routing/target.fixture.ts';
import type { LimitRule } from './stores/limit-store.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';
import { createMemoryLimitStore } from './stores/memory/limit-store.ts';
import { createMemorySlotStore } from './stores/memory/slot-store.ts';
import type { Slot } from './stores/slot-store.ts';

const requests: LimitRule = { id: 'rpm', algorithm: 'token_bucket', capacity: 2, refillPerSecond: 0 };
const place = { id: 'target/t', isShared: true, maxConcurrent: 1, maxQueue: 5, timeoutMs: 60_000 };
const target = makeTarget('t', {
  limits: [requests],
  tokenLimit: { id: 'tpm', algorithm: 'token_bucket', capacity: 1_000, refillPerSecond: 0 },
  bulkhead: place,
});

/** Stores that answer when they are told to. */
function setUp() {
  const clock = createManualClock();
  const [limits, slots] = [createMemoryLimitStore({ clock }), createMemorySlotStore({ clock })];
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const parts = {
    adaptive: undefined,
    limits: {
      take: limits.take.bind(limits),
      reserve: async (...asked: Parameters<typeof limits.reserve>) => {
        await answered;
        return limits.reserve(...asked);
      },
    },
    slots: {
      resize: slots.resize.bind(slots),
      counts: slots.counts.bind(slots),
      acquire: async (...asked: Parameters<typeof slots.acquire>) => {
        await answered;
        return slots.acquire(...asked);
      },
    },
  };
  const ask = () => {
    const exchange = createChatExchange(clock);
    exchange.estimatedUsage = { input: 100, output: 200 };
    return new AskedTarget(parts, exchange, target);
  };
  const left = () => {
    const of = (rule: LimitRule) => limits.take([{ rule, key: 't', cost: 0 }]).remaining;
    return [of(requests), of(target.tokenLimit!)];
  };
  return { answer, ask, clock, left, limits, held: () => slots.counts(place.id) };
}

const deadline = 10_000;
const never = new AbortController().signal;
const answersLater = () => new Promise(setImmediate);

describe('what is asked of a target at once', () => {
  it('is taken by an attempt, and settled by what it used', async () => {
    const { answer, ask, held, left } = setUp();
    const asked = ask();
    answer();
    const slot = (await asked.take(never, deadline)) as Slot;
    expect([left(), held().inFlight]).toEqual([[1, 700], 1]);
    asked.limits!.settle({ usage: { input: 10, output: 20 } });
    slot.release();
    expect([left(), held().inFlight]).toEqual([[1, 970], 0]);
  });

  it.each(['before it is answered', 'afterwards'])('is given back where nobody needs it: %s', async (when) => {
    const { answer, ask, held, left } = setUp();
    const asked = ask();
    if (when === 'before it is answered') asked.drop();
    answer();
    await answersLater();
    asked.drop();
    await answersLater();
    expect([left(), held()]).toEqual([[2, 1_000], { inFlight: 0, queued: 0 }]);
  });

  it('holds no place where a limit refuses, nor waits for one', async () => {
    const { answer, ask, held, limits } = setUp();
    limits.take([{ rule: requests, key: 't', cost: 1 }]);
    answer();
    const holder = (await ask().take(never, deadline)) as Slot;
    expect(await ask().take(never, deadline)).toMatchObject({ kind: 'limit_spent' });
    await answersLater();
    expect(held()).toEqual({ inFlight: 1, queued: 0 });
    holder.release();
    expect(await ask().take(never, deadline)).toMatchObject({ kind: 'limit_spent' });
    await answersLater();
    expect(held()).toEqual({ inFlight: 0, queued: 0 });
  });

  it('leaves the queue for a place with its caller', async () => {
    const { answer, ask, held, left } = setUp();
    answer();
    await ask().take(never, deadline);
    const asked = ask();
    const lane = new Cancellation();
    const taking = asked.take(lane, deadline);
    await answersLater();
    expect(held().queued).toBe(1);
    lane.cancel('client_closed');
    expect(await taking).toMatchObject({ kind: 'cancelled' });
    asked.limits!.release();
    expect([left(), held()]).toEqual([[1, 700], { inFlight: 1, queued: 0 }]);
  });

  it('leaves the queue for a place when its exchange has no more time', async () => {
    const { answer, ask, clock, held } = setUp();
    answer();
    await ask().take(never, deadline);
    const taking = ask().take(never, deadline);
    await answersLater();
    clock.advance(deadline - clock.now() - 1);
    await answersLater();
    expect(held().queued).toBe(1);
    clock.advance(1);
    expect(await taking).toMatchObject({ kind: 'target_busy' });
    expect(held()).toEqual({ inFlight: 1, queued: 0 });
  });

  it('is given back where the turn of the request is long in coming', async () => {
    const { answer, ask, clock, held, left } = setUp();
    answer();
    const step = {} as PlanStep;
    const ahead = new AskedAhead({} as Plan, step, ask());
    const endWait = ahead.dropLate(clock);
    await answersLater();
    expect([held().inFlight, ahead.askedFor(step)]).toEqual([1, expect.anything()]);
    clock.advance(100);
    await answersLater();
    expect([left(), held().inFlight]).toEqual([[2, 1_000], 0]);
    expect([ahead.isStale, ahead.askedFor(step)]).toEqual([true, undefined]);
    endWait();
  });
});
