import { describe, expect, it } from 'vitest';
import { attemptLimits } from './attempt-limits.ts';
import { createChatExchange } from './exchange.fixture.ts';
import { deadlineMs, makePlan } from './routing/plan.fixture.ts';
import { makeResolution, makeRoute } from './routing/target.fixture.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';

describe('the limit on the begin of an answer', () => {
  const limitOf = (differences: Parameters<typeof createChatExchange>[1]) => {
    const exchange = createChatExchange(createManualClock(), differences);
    const plan = makePlan({ resolution: makeResolution(makeRoute([['first', 'second']])) });
    return attemptLimits(exchange, plan.next(undefined, 0, deadlineMs)!, 200_000).headersMs;
  };

  it('holds while another target may be asked', () => {
    expect(limitOf({})).toBe(60_000);
    expect(limitOf({ operation: 'proxy', method: 'GET' })).toBe(60_000);
  });

  it('held for forwarded requests that no other target is asked after this one', () => {
    expect(limitOf({ operation: 'proxy', method: 'POST' })).toBe(200_000);
  });
});
