import { refusingUrl } from '@llm-gateway/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reason } from '../../src/explain/reason.ts';
import type { RoutingTestAnswer } from '../../src/server/routing-test.ts';
import { call, type OpenCall, open } from '../failures/caller.ts';
import { type Desk, startDesk, type TargetAt } from './desk.ts';

let desk: Desk;
const calls: OpenCall[] = [];
afterEach(async () => {
  for (const one of calls.splice(0)) one.leave();
  await desk.stop();
});

/** A gateway with one pool, `chat`, and whatever else is configured. */
async function start(
  targets: (at: TargetAt) => readonly Record<string, unknown>[],
  sections: Record<string, unknown> = {},
  pool: Record<string, unknown> = {},
): Promise<void> {
  desk = await startDesk((at) => ({ models: { chat: { ...pool, providers: targets(at) } }, ...sections }));
}

function reasonsOf({ candidates }: RoutingTestAnswer, target: string): readonly Reason[] {
  const candidate = candidates.find((one) => one.target === target);
  if (candidate === undefined) throw new Error(`${target} is no candidate`);
  return candidate.reasons_not;
}

/** The reason of a target, which has no other one. */
async function onlyReason(target: string, ask: Record<string, unknown> = {}): Promise<Reason> {
  const reasons = reasonsOf(await desk.test(ask), target);
  expect(reasons).toHaveLength(1);
  expect(reasons[0]!.message).toMatch(/^[A-Z].*\.$/);
  return reasons[0]!;
}

/** A call that a target holds until the test is over. */
async function hold(model: string): Promise<void> {
  const held = open(desk.gateway.url, { model, stream: true });
  calls.push(held);
  await held.response;
}

describe('what the configuration says', () => {
  it('disabled, unusable and only watched', async () => {
    await start((at) => [
      at(0, { enabled: false }),
      at(0, { name: 'keyless', api_key: `\${NOBODY_SETS_THIS}` }),
      at(0, { name: 'watched', shadow_percent: 5 }),
      at(1),
    ]);
    const answer = await desk.test();
    expect(reasonsOf(answer, 'chat/t0')).toMatchObject([{ code: 'disabled' }]);
    expect(reasonsOf(answer, 'chat/keyless')).toMatchObject([
      { code: 'unusable', message: expect.stringContaining('NOBODY_SETS_THIS') },
    ]);
    expect(reasonsOf(answer, 'chat/watched')).toMatchObject([{ code: 'shadow', percent: 5 }]);
    expect(answer).toMatchObject({ selected_target: 'chat/t1', candidates: { length: 4 } });
    expect(answer.candidates.map(({ usable }) => usable)).toEqual([true, false, false, false]);
  });

  it('no path for the operation', async () => {
    await start((at) => [at(0, { name: 'anthropic' }), at(1)]);
    expect(await onlyReason('chat/anthropic', { operation: 'images' })).toMatchObject({
      code: 'no_path_for_operation',
    });
    expect(await desk.test({ operation: 'images' })).toMatchObject({ selected_target: 'chat/t1' });
  });

  it('no words for the request', async () => {
    await start((at) => [at(0, { protocols: ['anthropic-messages'] }), at(1)]);
    const messages = [{ role: 'user', content: 'Hello' }];
    const body = { messages, n: 2 };
    expect(await onlyReason('chat/t0', { body })).toMatchObject({
      code: 'inexpressible',
      message: expect.stringContaining('n cannot be passed on'),
    });
    expect(reasonsOf(await desk.test({ messages }), 'chat/t0')).toEqual([]);
  });

  it('a lower tier', async () => {
    await start((at) => [at(0, { priority: 1 }), at(1, { priority: 2 })]);
    expect(await onlyReason('chat/t1')).toMatchObject({ code: 'lower_tier', tier: 2 });
  });
});

describe('health', () => {
  const twice = async (model: string) => {
    for (let count = 0; count < 2; count++) await call(desk.gateway.url, { model });
  };
  const each = (model: string) => (at: TargetAt) => [at(0, { model, priority: 1 }), at(1, { priority: 2 })];

  it('unhealthy when nobody listens', async () => {
    const url = await refusingUrl();
    await start((at) => [at(0, { api_base: `${url}/v1`, priority: 1 }), at(1, { priority: 2 })]);
    for (let count = 0; count < 2; count++) await twice('chat');
    expect(await onlyReason('chat/t0')).toMatchObject({
      code: 'unhealthy',
      cause: 'passive',
      failure: 'connect_failed',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      retry_in_ms: expect.any(Number),
    });
  });

  it('unhealthy when its probes fail', async () => {
    await start((at) => [at(0), at(1)]);
    const { healthId } = desk.gateway.gateway.runtime.catalog.targets.get('chat/t0')!;
    for (let count = 0; count < 3; count++) {
      desk.gateway.health.reportProbe(healthId, { outcome: { status: 500 }, failureThreshold: 3, successThreshold: 1 });
    }
    const reason = await onlyReason('chat/t0');
    expect(reason).toMatchObject({ code: 'unhealthy', cause: 'probe', message: expect.stringContaining('probes') });
    expect(reason).not.toHaveProperty('retry_in_ms');
  });

  it('breaker_open for one model', async () => {
    await start(each('f4'));
    await twice('chat');
    await twice('chat');
    expect(await onlyReason('chat/t0')).toMatchObject({
      code: 'breaker_open',
      model: 'f4',
      failure: 'overloaded',
      retry_in_ms: expect.any(Number),
    });
  });

  it('cooling, as long as it asked', async () => {
    await start(each('f1?retry=30'));
    await twice('chat');
    const { retry_in_ms: leftMs = 0, ...reason } = await onlyReason('chat/t0');
    expect(reason).toMatchObject({ code: 'cooling' });
    expect(leftMs).toBeGreaterThan(20_000);
    expect(leftMs).toBeLessThanOrEqual(30_000);
  });

  it.each([
    ['quota', 'f24b', 'quota_exhausted'],
    ['misconfigured', 'f23', 'credential_refused'],
  ])('%s', async (code, model, failure) => {
    await start(each(model));
    await twice('chat');
    expect(await onlyReason('chat/t0')).toMatchObject({ code, failure, retry_in_ms: expect.any(Number) });
  });

  it('ejected', async () => {
    const resilience = {
      circuit_breaker: { enabled: false },
      outlier_ejection: { min_requests: 2, excess_percent: 10 },
      retry: { budget_floor: 100 },
    };
    await start((at) => [at(0, { model: 'f4' }), at(1)], { resilience });
    for (let count = 0; count < 4; count++) await twice('chat');
    expect(await onlyReason('chat/t0')).toMatchObject({ code: 'ejected' });
  });

  it('ramping while it comes back', async () => {
    const resilience = {
      circuit_breaker: { failure_threshold: 1, success_threshold: 1, timeout_seconds: 0.001, ramp_seconds: 3600 },
    };
    await start((at) => [at(0), at(1)], { resilience });
    desk.providers[0]!.script([{ kind: 'status', status: 503 }]);
    // It fails once, and the next request that it gets finds out that it is back.
    for (let count = 0; count < 4; count++) await desk.chat();
    // Who has nothing to do gets a request in any case.
    desk.providers[0]!.behave('sim?gap=10000&tokens=3');
    desk.providers[1]!.behave('sim?gap=10000&tokens=3');
    await hold('chat');
    await hold('chat');
    expect(await onlyReason('chat/t0')).toMatchObject({ code: 'ramping', share: expect.closeTo(0.1, 1) });
  });
});

describe('what the gateway allows', () => {
  it('limit_spent', async () => {
    await start((at) => [at(0, { rate_limit: { requests_per_minute: 1 } }), at(1)]);
    expect(await desk.test()).toMatchObject({ selected_target: 'chat/t0' });
    expect([await desk.chat(), await desk.chat()]).toEqual(['chat/t0', 'chat/t1']);
    expect(await onlyReason('chat/t0')).toMatchObject({ code: 'limit_spent', limit: 1 });
  });

  it('limit_spent, of tokens, by what the request may take', async () => {
    await start((at) => [at(0, { rate_limit: { tokens_per_minute: 600 } }), at(1)]);
    desk.providers[0]!.behave({
      kind: 'answer',
      usage: { prompt_tokens: 1, completion_tokens: 299, total_tokens: 300 },
    });
    const messages = [{ role: 'user', content: 'Hello' }];
    expect(await desk.test({ messages })).toMatchObject({ selected_target: 'chat/t0' });
    expect(await desk.chat()).toBe('chat/t0');
    await desk.gateway.settled(1);
    // As many as are usual are expected of a request that says nothing.
    expect(await onlyReason('chat/t0', { messages })).toMatchObject({
      code: 'limit_spent',
      limit: 600,
      message: expect.stringMatching(/limit of 600 tokens a minute has 3\d\d left, and the request may take 5\d\d/),
      retry_in_ms: expect.any(Number),
    });
    expect(await desk.test({ body: { messages, max_tokens: 50 } })).toMatchObject({
      candidates: [{ usable: true }, {}],
    });
  });

  it.each([
    ['bulkhead', { bulkhead: { max_concurrent: 1, max_queue: 0 } }],
    ['adaptive limit', { bulkhead: { max_concurrent: 1, max_queue: 0 }, adaptive_concurrency: { initial: 1, max: 1 } }],
  ])('bulkhead_full, of its %s', async (_name, resilience) => {
    await start(
      (at) => [at(0, { model: 'sim?gap=10000&tokens=3' }), at(1)],
      { resilience },
      { strategy: 'round_robin' },
    );
    await hold('chat');
    expect(await desk.chat()).toBe('chat/t1');
    expect(await onlyReason('chat/t0')).toMatchObject({ code: 'bulkhead_full', in_flight: 1, queued: 0, limit: 1 });
    expect(await desk.test()).toMatchObject({ selected_target: 'chat/t1' });
  });

  it('says what a caller would hear when all are busy', async () => {
    const sections = { resilience: { bulkhead: { max_concurrent: 1, max_queue: 0 } }, queue: { max_concurrent: 9 } };
    await start((at) => [at(0, { model: 'sim?gap=10000&tokens=3' })], sections);
    await hold('chat');
    expect(await desk.test()).toMatchObject({
      selected_target: null,
      error: { status: 503, code: 'target_busy' },
      decision: expect.stringContaining('Nobody would be asked'),
    });
    expect(await call(desk.gateway.url)).toMatchObject({ status: 503 });
  });
});

describe('what the strategy says', () => {
  it.each([
    ['round_robin', { name: 'turn', value: 1 }],
    ['weighted', { name: 'weight', value: 1 }],
    ['least_loaded', { name: 'in_flight', value: 0 }],
    ['latency_optimized', { name: 'expected_ms', value: null }],
    ['cost_optimized', { name: 'cost_usd', value: null }],
    ['quota_aware', { name: 'quota_share', value: null }],
    ['sticky', { name: 'turn', value: 1 }],
    ['random', { name: 'weight', value: 1 }],
  ])('%s', async (strategy, figure) => {
    await start((at) => [at(0), at(1)], {}, { strategy });
    const answer = await desk.test();
    const { figure: told, reasons_not: reasons } = answer.candidates.find(({ chosen }) => !chosen)!;
    expect(reasons).toMatchObject([{ code: 'not_picked_by_strategy', message: expect.stringContaining(strategy) }]);
    if (strategy === 'random') expect(told).toEqual(figure);
    else if (answer.selected_target === 'chat/t0') expect(told).toEqual(figure);
    expect(reasons[0]!.figure).toEqual(told);
  });

  it('a canary whose turn it is not, and others while it is', async () => {
    await start((at) => [at(0), at(1, { canary_percent: 50 })]);
    expect(await onlyReason('chat/t1')).toMatchObject({ code: 'canary', percent: 50 });
    expect(await desk.chat()).toBe('chat/t0');
    expect(await desk.test()).toMatchObject({ selected_target: 'chat/t1', decision: expect.stringContaining('50 %') });
    expect(await onlyReason('chat/t0')).toMatchObject({ code: 'not_picked_by_strategy' });
  });
});
