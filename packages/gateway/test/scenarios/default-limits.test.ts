import { afterAll, beforeAll, expect, it } from 'vitest';
import { check } from './checks.ts';
import { variants } from './lanes.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    casts: { any: { first: 'ok' }, silent: { first: 'f9?seconds=600' } },
    timeout: { stream_idle_seconds: 0.5 },
  });
});
afterAll(() => stage.stop());

/** Limits that nobody configured, in milliseconds. */
const limits = () => stage.gateway.gateway.runtime.config.resilience.timeout;

it('F6: a silent target costs much less than 100 s, streamed or not', () => {
  // It is tried once only, so that its limit is all that is lost.
  expect(limits().streamHeadersMs).toBeLessThanOrEqual(10_000);
  expect(limits().unaryHeadersMs).toBeLessThanOrEqual(60_000);
  expect(limits().connectMs).toBeLessThanOrEqual(10_000);
});

it('F7: a late first token costs 10 s at most', () => {
  expect(limits().firstTokenMs).toBeLessThanOrEqual(10_000);
});

it('F9, F20: no answer goes on for ever, and none is silent for longer than a minute', () => {
  expect(limits().idleMs).toBeLessThanOrEqual(60_000);
  expect(limits().requestMs).toBeLessThanOrEqual(600_000);
  expect(limits().streamingMs).toBeLessThanOrEqual(600_000);
});

it('F9: a stream that falls silent is completed within 45 s, whatever its provider does', async () => {
  const usual = await stage.gateway.load({
    models: { any: { providers: [{ name: 'openai', api_base: 'http://localhost:1/v1', api_key: 'k' }] } },
  });
  const { firstTokenMs, streamIdleMs } = usual.config.resilience.timeout;
  expect(firstTokenMs + streamIdleMs).toBeLessThanOrEqual(40_000);
  for (const variant of variants('stream')) {
    const run = await stage.run('silent', variant);
    check(run, { outcome: 'whole', tries: [1, 1], withinMs: 20_000 });
    expect(run.line['recovered']).toMatch(/^(continue|restart)$/);
  }
});

it('F2, F4: no request is tried more than three times unless somebody wants it', () => {
  expect(stage.gateway.gateway.runtime.config.resilience.retry.maxAttempts).toBe(3);
});
