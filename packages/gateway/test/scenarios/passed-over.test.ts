import { afterAll, beforeAll, expect, it } from 'vitest';
import { check } from './checks.ts';
import { relayed, variants } from './lanes.ts';
import { eventually, type Stage, startStage } from './stage.ts';

// A target that is busy is no attempt: nothing is sent there.
const [variant] = variants('stream', [relayed]);

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    casts: { full: { first: 'f21c?gap=20' } },
    resilience: { bulkhead: { max_concurrent: 1, max_queue: 0 } },
    sections: { queue: { max_concurrent: 10 } },
  });
});
afterAll(() => stage.stop());

it('is told in the header and the trail, and counted nowhere', async () => {
  const holder = stage.open('full', variant!, 'holder');
  await stage.first.waitForAttempts(1);
  const run = await stage.run('full', variant!);
  check(run, { outcome: 'whole', tries: [0, 1] });
  expect(run.got.headers['x-gateway-attempts']).toMatch(/^\S+ target_busy, \S+ ok$/);
  expect(run.line).toMatchObject({ attempts: 1, trail: [{ outcome: 'target_busy' }, { outcome: 'ok' }] });
  const metrics = await stage.gateway.metricsText();
  expect(metrics).toMatch(/^gateway_provider_requests_total\{provider="openai"\} 1$/m);
  holder.leave();
  await eventually(() => stage.gateway.rawLog().includes('"request_id":"holder"'), 'line of who held the target');
});
