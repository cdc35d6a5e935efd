import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ casts: { any: { first: 'ok' } } });
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

it('F2, F4: no request is tried more than three times unless somebody wants it', () => {
  expect(stage.gateway.gateway.runtime.config.resilience.retry.maxAttempts).toBe(3);
});
