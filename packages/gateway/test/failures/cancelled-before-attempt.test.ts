import { expect, it } from 'vitest';
import { createAttemptRing } from '../../src/attempt-ring.ts';
import { systemClock } from '../../src/canonical/clock.ts';
import { createChatExchange } from '../../src/exchange.fixture.ts';
import { createHeadRules } from '../../src/relay/reply-headers.ts';
import { createHealthRegistry } from '../../src/resilience/health.ts';
import { makeResolution, makeRoute, makeTarget, member } from '../../src/routing/target.fixture.ts';
import { createTargetLoad } from '../../src/routing/target-load.ts';
import { createTargetObservations } from '../../src/routing/target-observations.ts';
import type { LimitVerdict } from '../../src/stores/limit-store.ts';
import { createMemorySlotStore } from '../../src/stores/memory/slot-store.ts';

const passed: LimitVerdict = { allowed: true, ruleId: 'slow', limit: 1, remaining: 0, resetMs: 0, retryAfterMs: 0 };
const limit = { id: 'slow', algorithm: 'token_bucket', capacity: 1, refillPerSecond: 1 } as const;

interface Cancelled {
  /** Told when the moment has come to leave. */
  readonly when: 'a limit is asked for' | 'a limit of tokens is asked for' | 'the request is signed';
}

/** Plays one attempt whose caller leaves before it is sent, and says what came of it. */
async function leave({ when }: Cancelled) {
  const exchange = createChatExchange();
  let sent = 0;
  const settled: (readonly number[])[] = [];
  const load = createTargetLoad();
  const attemptRing = createAttemptRing({
    transport: {
      send() {
        sent++;
        return { isSent: true, abort() {}, resume() {} };
      },
      close: async () => {},
    },
    watch: {
      health: createHealthRegistry({ clock: systemClock, random: () => 0, onChange: () => {} }),
      observations: createTargetObservations({ now: () => systemClock.now() }),
      ejection: undefined,
      adaptiveLimits: undefined,
    },
    adaptive: undefined,
    load,
    slots: createMemorySlotStore({ clock: systemClock }),
    limits: {
      async take() {
        if (when === 'a limit is asked for') exchange.cancel('client_closed');
        return passed;
      },
      async reserve() {
        if (when === 'a limit of tokens is asked for') exchange.cancel('client_closed');
        return { verdict: passed, settle: (costs) => settled.push(costs) };
      },
    },
    headRules: createHeadRules({ renameRateLimits: false, replaced: [] }),
    securityHeaders: () => [],
    newId: () => '0123456789abcdef',
    media: { fetch: () => Promise.reject(new Error('nothing to fetch')) },
    storedResponses: () => Promise.reject(new Error('nothing to read')),
    models: { find: () => undefined, maxOutputTokens: () => undefined },
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
  const outcome = await attemptRing(exchange, step, systemClock.now() + 1_000);
  return { outcome, sent, settled, attempts: exchange.attempts, inFlight: load.inFlight(routeTarget.target.id) };
}

it('a request that was cancelled while a shared limit was asked for was sent nevertheless', async () => {
  const { outcome, ...rest } = await leave({ when: 'a limit is asked for' });
  expect(outcome).toMatchObject({ failure: { kind: 'cancelled' }, isCommitted: false });
  expect(rest).toEqual({ sent: 0, settled: [], attempts: [], inFlight: 0 });
});

it('what was set aside of a limit for a request that was cancelled meanwhile is given back', async () => {
  const { outcome, ...rest } = await leave({ when: 'a limit of tokens is asked for' });
  expect(outcome).toMatchObject({ failure: { kind: 'cancelled' }, isCommitted: false });
  expect(rest).toEqual({ sent: 0, settled: [[0, 0]], attempts: [], inFlight: 0 });
});

it('a request that was cancelled while it was signed was sent nevertheless', async () => {
  const { outcome, sent, inFlight } = await leave({ when: 'the request is signed' });
  expect(outcome).toMatchObject({ failure: { kind: 'cancelled' }, isCommitted: false });
  expect({ sent, inFlight }).toEqual({ sent: 0, inFlight: 0 });
});
