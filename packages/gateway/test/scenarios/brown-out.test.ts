import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { now } from '../failures/caller.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { askWhole, type Got } from './asking.ts';
import { landed } from './landed.ts';
import { foreignClient, relayed, variants } from './lanes.ts';
import { judge } from './outcome.ts';

// F25: all targets fail at the same time.
const requests = 500;
const atOnce = 50;
const callers = variants(undefined, [relayed, foreignClient]);

interface BrownOut {
  readonly gateway: TestGateway;
  readonly targets: readonly Simulator[];
  readonly attempts: () => number;
  readonly stop: () => Promise<void>;
}

async function startBrownOut(resilience: Record<string, unknown>): Promise<BrownOut> {
  const targets = await Promise.all([0, 1, 2].map(() => startSimulator({ behaviour: 'f4', tokens: 5 })));
  const providers = targets.map(({ url }, place) => {
    return { name: `target-${place}`, api_base: `${url}/v1`, api_key: `sk-${place}`, priority: place };
  });
  const gateway = await startTestGateway({ config: { models: { chat: { providers } }, resilience } });
  return {
    gateway,
    targets,
    attempts: () => targets.reduce((sum, { attemptCount }) => sum + attemptCount, 0),
    async stop() {
      await gateway.stop();
      await Promise.all(targets.map((target) => target.close()));
    },
  };
}

/** Asks so often, so many at a time, in all modes. */
async function burst({ gateway }: BrownOut, count: number, name: string): Promise<Got[]> {
  const got: Got[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const number = next++;
      const { lane, stream } = callers[number % callers.length]!;
      got.push(await askWhole(gateway.url, lane.caller, { model: 'chat', stream, id: `${name}-${number}` }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return got;
}

function expectRefused(got: readonly Got[]): void {
  // Nobody waits for the recovery of targets that are all down, and everybody is told when to come again.
  expect(new Set(got.map(({ status }) => status))).toEqual(new Set([503]));
  expect(got.every(({ headers }) => Number(headers['retry-after']) >= 1)).toBe(true);
}

describe('F25: targets that fail together', () => {
  let scene: BrownOut;
  beforeAll(async () => {
    scene = await startBrownOut({ retry: { initial_delay_ms: 5 } });
  });
  afterAll(() => scene.stop());

  it('are not tried more often for being down, once that is known', async () => {
    expectRefused(await burst(scene, 100, 'warm'));
    const before = scene.attempts();
    const got = await burst(scene, requests, 'burst');
    expectRefused(got);
    expect(scene.attempts() - before).toBeLessThanOrEqual(requests * 1.2);
    const lines = scene.gateway.logLines.filter((line) => 'latency_ms' in line);
    expect(lines).toHaveLength(requests + 100);
    expect(scene.gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
  });

  it('are the least bad that there is: each request tries one of them, and the first that is back answers', async () => {
    const [lane] = callers;
    const before = scene.attempts();
    const refused = await askWhole(scene.gateway.url, lane!.lane.caller, { model: 'chat', stream: true, id: 'one' });
    expectRefused([refused]);
    expect(scene.attempts() - before).toBe(1);
    for (const target of scene.targets) target.behave({ kind: 'answer' });
    const got = await askWhole(scene.gateway.url, lane!.lane.caller, { model: 'chat', stream: true, id: 'two' });
    expect(got.status).toBe(200);
    expect(scene.attempts() - before).toBe(2);
  });
});

describe.runIf(landed.retryBudget)('F25: a budget of further attempts', () => {
  const budget = { budget_percent: 20, budget_floor: 0, initial_delay_ms: 1, max_attempts: 3 };
  let scene: BrownOut;
  beforeAll(async () => {
    // Health leaves the targets in, so that nothing but the budget holds attempts back.
    scene = await startBrownOut({ retry: budget, circuit_breaker: { failure_threshold: 1_000_000 } });
  });
  afterAll(() => scene.stop());

  it('holds from the first request of a burst, in which everything fails', async () => {
    const startedAt = now();
    const got = await burst(scene, requests, 'burst');
    expect(got.every(({ status }) => status === 503)).toBe(true);
    // What was asked of targets before they were known to fail is made up for within ten seconds, which is longer than
    // the burst takes; on a machine that is slower than that, it is forgotten meanwhile.
    const forgotten = now() - startedAt < 10_000 ? 0 : atOnce * (budget.max_attempts - 1);
    expect(scene.attempts()).toBeLessThanOrEqual(requests * 1.2 + forgotten);
    expect(scene.attempts()).toBeGreaterThanOrEqual(requests);
  });

  it('lets single failures be repaired when the burst is over', async () => {
    for (const target of scene.targets) target.behave({ kind: 'answer' });
    await burst(scene, 100, 'calm');
    scene.targets[0]!.script([{ kind: 'status', status: 500 }]);
    const { lane, stream } = callers[0]!;
    const got = await askWhole(scene.gateway.url, lane.caller, { model: 'chat', stream, id: 'repaired' });
    expect(judge(lane.caller, stream, got, 'Every café serves 漢字 soup')).toEqual({ kind: 'whole' });
    expect(got.headers['x-gateway-attempts']).toMatch(/^\S+ transient 500, \S+ ok$/);
  });

  it('has a floor, so that few requests are repaired however many fail', async () => {
    const few = await startBrownOut({
      retry: { ...budget, budget_floor: 10 },
      circuit_breaker: { failure_threshold: 1_000_000 },
    });
    await burst(few, 5, 'few');
    expect(few.attempts()).toBe(15);
    await few.stop();
  });
});
