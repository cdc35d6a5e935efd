import { describe, expect, it } from 'vitest';
import { AttemptWatch } from './attempt-watch.ts';
import { createChatExchange } from './exchange.fixture.ts';
import { failureOf } from './relay/attempt.ts';
import { refused } from './relay/attempt-outcome.ts';
import { createHealthRegistry } from './resilience/health.ts';
import { deadlineMs, makePlan } from './routing/plan.fixture.ts';
import { makeResolution, makeRoute } from './routing/target.fixture.ts';
import { createTargetObservations } from './routing/target-observations.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';

/** Milliseconds that a request has in all; a target of the fixture may take 60,000 of them to begin. */
const WHOLE_MS = 300_000;

/** A target to which requests go one after the other. */
function setUp() {
  const clock = createManualClock();
  const health = createHealthRegistry({ clock, random: () => 0, onChange: () => {} });
  const observations = createTargetObservations(clock);
  const parts = { health, observations, ejection: undefined, adaptiveLimits: undefined };
  const step = makePlan({ resolution: makeResolution(makeRoute([['only']])) }).next(undefined, 0, deadlineMs)!;
  const watch = (waitedMs: number, end: (watch: AttemptWatch, deadline: number) => void) => {
    const exchange = createChatExchange(clock);
    clock.advance(waitedMs);
    end(new AttemptWatch(parts, exchange, step), exchange.startedAt + WHOLE_MS);
  };
  return {
    /** One that waited for so long in the queue, and was then silent until its time was over. */
    hang: (waitedMs: number) =>
      watch(waitedMs, (one, deadline) => {
        clock.advance(WHOLE_MS - waitedMs);
        one.end(refused(failureOf('total_timeout', 'no time was left')), deadline);
      }),
    answer: () =>
      watch(0, (one, deadline) => one.end({ ...refused(failureOf('unknown', '')), failure: undefined }, deadline)),
    isUsable: () => health.isUsable(step.routeTarget.target.healthId, step.upstreamModel),
  };
}

describe('a target that hangs behind a queue', () => {
  it('stayed in use, as each who got there had too little time for it', () => {
    const { hang, isUsable } = setUp();
    hang(0);
    for (let count = 0; count < 5; count++) hang(WHOLE_MS - 20_000);
    expect(isUsable()).toBe(true);
    hang(WHOLE_MS - 20_000);
    expect(isUsable()).toBe(false);
  });

  it('is not blamed for the queue where it has not failed, or answered since it did', () => {
    const { answer, hang, isUsable } = setUp();
    const hangForShort = (): void => {
      for (let count = 0; count < 20; count++) hang(WHOLE_MS - 20_000);
    };
    hangForShort();
    hang(0);
    answer();
    hangForShort();
    expect(isUsable()).toBe(true);
  });
});
