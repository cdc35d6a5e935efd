import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StoppedClock, stopClock } from '../harness/stopped-clock.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { askWhole, type Got } from './asking.ts';
import { relayed } from './lanes.ts';
import { judge } from './outcome.ts';

// What a gateway finds out by itself of targets that are neither up nor down.
const text = 'Every café serves 漢字 soup';

let clock: StoppedClock;
let gateway: TestGateway;
let targets: readonly Simulator[];
beforeEach(() => {
  clock = stopClock();
});
afterEach(async () => {
  clock.restore();
  await gateway.stop();
  await Promise.all(targets.map((target) => target.close()));
});

async function start(count: number, resilience: Record<string, unknown>): Promise<void> {
  targets = await Promise.all(Array.from({ length: count }, () => startSimulator({ tokens: 5 })));
  const providers = targets.map(({ url }, place) => {
    return { name: `target-${place}`, api_base: `${url}/v1`, api_key: `sk-${place}` };
  });
  gateway = await startTestGateway({
    config: { models: { chat: { strategy: 'round_robin', providers } }, resilience },
  });
}

let number = 0;
/** Asks, and sees to it that the answer is whole. */
async function ask(): Promise<Got> {
  const stream = number % 2 === 0;
  const got = await askWhole(gateway.url, relayed.caller, { model: 'chat', stream, id: `ask-${number++}` });
  expect(judge(relayed.caller, stream, got, text)).toEqual({ kind: 'whole' });
  return got;
}

describe('a target that fails more often than the others, and never often enough in a row', () => {
  const ejectionMs = 30_000;
  let asked = 0;

  /** How many of so many requests go to it first. */
  async function shareOf(requests: number): Promise<number> {
    const before = targets[0]!.attemptCount;
    for (let count = 0; count < requests; count++) await ask();
    return targets[0]!.attemptCount - before;
  }

  it('is taken out for a while, and comes back; no caller sees a failure', async () => {
    await start(4, {
      retry: { initial_delay_ms: 1, budget_floor: 1_000 },
      outlier_ejection: {
        window_seconds: 60,
        min_requests: 20,
        excess_percent: 20,
        ejection_seconds: ejectionMs / 1_000,
      },
    });
    // Three of ten, with an answer after each.
    targets[0]!.behave(() => ((asked++ % 10) % 3 === 2 ? { kind: 'status', status: 500 } : { kind: 'answer' }));
    let requests = 0;
    while ((await shareOf(8)) > 0 && requests < 400) requests += 8;
    expect(asked).toBeGreaterThanOrEqual(20);
    expect(await shareOf(20)).toBe(0);
    const [id] = gateway.gateway.runtime.catalog.targets.keys();
    expect(gateway.health.breakerState(id!, 'chat')).toBe('closed');

    clock.advance(ejectionMs - 1);
    expect(await shareOf(8)).toBe(0);
    targets[0]!.behave({ kind: 'answer' });
    clock.advance(1);
    expect(await shareOf(20)).toBe(5);
  });
});

describe('the number of requests that a target may hold', () => {
  const callers = 30;
  let capacity = 6;
  let most = 0;

  const underWay = () => targets[0]!.attempts.filter(({ outcome }) => outcome === undefined).length;

  /** The most that the target had at once, of what so many callers want at once. */
  async function crowd(): Promise<number> {
    most = 0;
    await Promise.all(Array.from({ length: callers }, ask));
    clock.advance(1_100);
    return most;
  }

  it('falls when it pushes back, and grows again when it does not; no caller sees a failure', {
    timeout: 120_000,
  }, async () => {
    await start(1, {
      retry: { max_attempts: 20, initial_delay_ms: 50, max_delay_ms: 1_000, budget_floor: 100_000 },
      adaptive_concurrency: { min: 1, max: 100, initial: 20 },
    });
    targets[0]!.behave(() => {
      const now = underWay();
      most = Math.max(most, now);
      return now > capacity ? { kind: 'status', status: 429 } : { kind: 'answer', firstTokenMs: 250 };
    });
    expect(await crowd()).toBeGreaterThan(capacity);
    let rounds = 0;
    while ((await crowd()) > capacity + 1) expect(++rounds).toBeLessThan(40);
    capacity = 1_000;
    while ((await crowd()) < 15) expect(++rounds).toBeLessThan(40);
  });
});
