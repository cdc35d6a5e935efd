import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenCall } from '../failures/caller.ts';
import { type PendingTimers, watchTimers } from '../failures/pending-timers.ts';
import { type Variant, variants } from './lanes.ts';
import { attemptsOf, eventually, type Stage, startStage } from './stage.ts';

// F21. No two of these run at the same time: each looks at all that the gateway holds.
let stage: Stage;
let narrow: Stage;
let timers: PendingTimers;
let count = 0;
beforeAll(async () => {
  [stage, narrow] = await Promise.all([
    startStage({
      casts: {
        head: { first: 'f21a' },
        token: { first: 'f21b' },
        middle: { first: 'f9?seconds=60' },
        flow: { first: 'f21c?gap=20' },
        pause: { first: 'f1?retry=5', second: null },
      },
    }),
    startStage({ casts: { turn: { first: 'f21a' } }, sections: { queue: { max_concurrent: 1 } } }),
  ]);
});
afterAll(() => Promise.all([stage.stop(), narrow.stop()]));
beforeEach(() => {
  timers = watchTimers();
});
afterEach(() => timers.restore());

interface Leaving {
  readonly call: OpenCall;
  readonly id: string;
}

function begin(on: Stage, cast: string, variant: Variant): Leaving {
  const id = `leaving-${count++}`;
  return { id, call: on.open(cast, variant, id) };
}

/** Resolves when an attempt of a request has come so far. */
async function reached(
  id: string,
  isThere: (attempt: ReturnType<typeof attemptsOf>[number]) => boolean,
): Promise<void> {
  await stage.first.waitUntil(() => attemptsOf(stage.first, id).some(isThere));
}

/** The provider's connection is closed at once, and there was no other. */
async function expectLetGo(id: string, leftAt: number): Promise<void> {
  await reached(id, ({ outcome }) => outcome !== undefined);
  const [attempt, ...others] = attemptsOf(stage.first, id);
  expect(attempt?.outcome).toBe('client_closed');
  expect(stage.running.between(leftAt, attempt!.clientClosedAt!)).toBeLessThan(100);
  expect([...others, ...attemptsOf(stage.second, id)]).toEqual([]);
}

/** One line with status 499, and nothing held any more. */
async function expectForgotten(on: Stage, id: string, attempts: number): Promise<void> {
  const line = await on.lineOf(id);
  expect(line).toMatchObject({ status: 499, failure: 'client_closed', message: 'Client closed request', attempts });
  expect(on.gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
  expect(timers.delays()).toEqual([]);
  expect(await on.gateway.metricsText()).toMatch(/^\S*in_flight\S* 0$/m);
}

const cases = (mode?: 'stream') => variants(mode).map((variant) => [variant.title, variant] as const);

describe('a caller leaves', () => {
  it.each(cases())('before the head of the reply: %s', async (_, variant) => {
    const { call, id } = begin(stage, 'head', variant);
    await reached(id, () => true);
    await expectLetGo(id, call.leave());
    await expectForgotten(stage, id, 1);
  });

  it.each(cases())('before the first token: %s', async (_, variant) => {
    const { call, id } = begin(stage, 'token', variant);
    await reached(id, ({ firstByteAt }) => firstByteAt !== undefined);
    await expectLetGo(id, call.leave());
    await expectForgotten(stage, id, 1);
  });

  it.each(cases())('in the middle of the answer: %s', async (_, variant) => {
    const { call, id } = begin(stage, 'middle', variant);
    await reached(id, ({ bytesSent }) => bytesSent > 0);
    if (variant.stream)
      await new Promise((resolve) => call.response.then((response) => response.once('data', resolve)));
    await expectLetGo(id, call.leave());
    await expectForgotten(stage, id, 1);
  });

  it.each(cases('stream'))('while the answer flows: %s', async (_, variant) => {
    const { call, id } = begin(stage, 'flow', variant);
    await reached(id, ({ tokensSent }) => tokensSent > 3);
    await new Promise((resolve) => call.response.then((response) => response.once('data', resolve)));
    await expectLetGo(id, call.leave());
    await expectForgotten(stage, id, 1);
  });

  it.each(cases())('during a back-off: %s', async (_, variant) => {
    const { call, id } = begin(stage, 'pause', variant);
    // The limit on connecting is as long as the back-off, and over before anybody is asked.
    await stage.first.waitUntil(() => attemptsOf(stage.first, id).length === 1);
    await eventually(() => timers.delays().some((delayMs) => delayMs >= 4_900 && delayMs < 5_500), 'back-off');
    call.leave();
    await expectForgotten(stage, id, 1);
    expect(attemptsOf(stage.first, id)).toHaveLength(1);
  });

  it.each(cases())('while it waits for its turn: %s', async (_, variant) => {
    const first = begin(narrow, 'turn', variant);
    await narrow.first.waitUntil(() => attemptsOf(narrow.first, first.id).length === 1);
    const second = begin(narrow, 'turn', variant);
    await eventually(() => narrow.gateway.slots.counts('admission').queued === 1, 'second request in the queue');
    second.call.leave();
    await eventually(() => narrow.gateway.slots.counts('admission').queued === 0, 'empty queue');
    expect(await narrow.lineOf(second.id)).toMatchObject({ status: 499, attempts: 0 });
    first.call.leave();
    await expectForgotten(narrow, first.id, 1);
    expect(attemptsOf(narrow.first, second.id)).toEqual([]);
  });
});
