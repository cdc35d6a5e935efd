import { expect, it } from 'vitest';
import { unneededParts } from '../../src/attempt-ring.fixture.ts';
import { createAttemptRing } from '../../src/attempt-ring.ts';
import { systemClock } from '../../src/canonical/clock.ts';
import { createChatExchange } from '../../src/exchange.fixture.ts';
import { createHealthRegistry } from '../../src/resilience/health.ts';
import { makeResolution, makeRoute, makeTarget, member } from '../../src/routing/target.fixture.ts';
import { createTargetLoad } from '../../src/routing/target-load.ts';
import { createTargetObservations } from '../../src/routing/target-observations.ts';
import type { LimitCost, LimitVerdict } from '../../src/stores/limit-store.ts';
import { createMemorySlotStore } from '../../src/stores/memory/slot-store.ts';

const passed: LimitVerdict = { allowed: true, ruleId: 'slow', limit: 1, remaining: 0, resetMs: 0, retryAfterMs: 0 };
const limit = { id: 'slow', algorithm: 'token_bucket', capacity: 1, refillPerSecond: 1 } as const;

interface Cancelled {
  /** Told when the moment has come to leave. */
  readonly when:
    | 'a limit is asked for'
    | 'a limit of tokens is asked for'
    | 'the request is signed'
    | 'the gateway fails';
}

/** Plays one attempt whose caller leaves before it is sent, and says what came of it. */
async function leave({ when }: Cancelled) {
  const exchange = createChatExchange();
  let sent = 0;
  const settled: (readonly LimitCost[])[] = [];
  const load = createTargetLoad();
  const observations = createTargetObservations({ now: () => systemClock.now() });
  const attemptRing = createAttemptRing({
    ...unneededParts,
    transport: {
      send() {
        if (when === 'the gateway fails') throw new Error('a fault');
        sent++;
        return { isSent: true, abort() {}, resume() {} };
      },
      close: async () => {},
    },
    watch: {
      health: createHealthRegistry({ clock: systemClock, random: () => 0, onChange: () => {} }),
      observations,
      ejection: undefined,
      adaptiveLimits: undefined,
    },
    load,
    slots: createMemorySlotStore({ clock: systemClock }),
    limits: {
      take: () => Promise.reject(new Error('what is taken so cannot be given back')),
      async reserve() {
        if (when.startsWith('a limit')) exchange.cancel('client_closed');
        return { verdict: passed, settle: (costs) => settled.push(costs) };
      },
    },
  });
  const sign = async () => {
    if (when === 'the request is signed') exchange.cancel('client_closed');
    return [];
  };
  exchange.body = Buffer.from('{"messages":[]}');
  const routeTarget = member(
    makeTarget('slow', {
      limits: [limit],
      ...(when === 'a limit of tokens is asked for' && { tokenLimit: limit }),
      sign,
    }),
  );
  const step = {
    resolution: makeResolution(makeRoute([], { tiers: [[routeTarget]] })),
    isFallbackModel: false,
    routeTarget,
    upstreamModel: 'm',
    delayMs: 0,
    attemptsLeft: 0,
    hasAlternative: false,
    isLastResort: false,
  };
  const asked = attemptRing(exchange, step, systemClock.now() + 1_000);
  const outcome = await (when === 'the gateway fails' ? asked.catch(() => undefined) : asked);
  const inFlight = load.inFlight(routeTarget.target.id) + observations.of(routeTarget.target, 'm').inFlight;
  return { outcome, sent, settled, attempts: exchange.attempts, inFlight };
}

it('a request that was cancelled while a shared limit was asked for was sent nevertheless', async () => {
  const { outcome, ...rest } = await leave({ when: 'a limit is asked for' });
  expect(outcome).toMatchObject({ failure: { kind: 'cancelled' }, isCommitted: false });
  expect(rest).toEqual({ sent: 0, settled: [[0]], attempts: [], inFlight: 0 });
});

it('what was set aside of a limit for a request that was cancelled meanwhile is given back', async () => {
  const { outcome, ...rest } = await leave({ when: 'a limit of tokens is asked for' });
  expect(outcome).toMatchObject({ failure: { kind: 'cancelled' }, isCommitted: false });
  expect(rest).toEqual({ sent: 0, settled: [[0, 0]], attempts: [], inFlight: 0 });
});

it('a fault of the gateway in the middle of an attempt left it at work for ever', async () => {
  const { inFlight } = await leave({ when: 'the gateway fails' });
  expect(inFlight).toBe(0);
});

it('a request that was cancelled while it was signed was sent nevertheless, and counted against the limit', async () => {
  const { outcome, sent, settled, inFlight } = await leave({ when: 'the request is signed' });
  expect(outcome).toMatchObject({ failure: { kind: 'cancelled' }, isCommitted: false });
  expect({ sent, settled, inFlight }).toEqual({ sent: 0, settled: [[0]], inFlight: 0 });
});
