import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createRouteLatencies } from './latency-quantiles.ts';

function start() {
  const clock = createManualClock();
  const latencies = createRouteLatencies(clock);
  return { clock, latencies, latency: latencies.of('route') };
}

it('is within five percent of the exact quantile', () => {
  const samples = fc.array(fc.double({ min: 1, max: 900_000, noNaN: true }), { minLength: 20, maxLength: 300 });
  fc.assert(
    fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (seen, share) => {
      const { latency } = start();
      for (const ms of seen) latency.observe(ms);
      const sorted = [...seen].sort((left, right) => left - right);
      const exact = sorted[Math.max(1, Math.ceil(share * seen.length)) - 1]!;
      const told = latency.quantile(share)!;
      expect(told / exact).toBeGreaterThan(0.95);
      expect(told / exact).toBeLessThan(1.05);
    }),
  );
});

it('says nothing of fewer than twenty', () => {
  const { latency } = start();
  for (let count = 0; count < 19; count++) latency.observe(100);
  expect(latency.quantile(0.5)).toBeUndefined();
  latency.observe(Number.NaN);
  latency.observe(-1);
  expect(latency.quantile(0.5)).toBeUndefined();
  latency.observe(0);
  expect(latency.quantile(0.5)).toBeCloseTo(100, -1);
});

it('forgets what is older than ten minutes, and remembers what is younger than five', () => {
  const { clock, latency } = start();
  const observe = (ms: number) => {
    for (let count = 0; count < 20; count++) latency.observe(ms);
  };
  observe(100);
  clock.advance(299_999);
  observe(100);
  clock.advance(299_999);
  expect(latency.quantile(1)).toBeCloseTo(100, -1);
  observe(10_000);
  expect(latency.quantile(0.5)).toBeCloseTo(100, -1);
  clock.advance(2);
  expect(latency.quantile(0.5)! / 10_000).toBeCloseTo(1, 1);
  clock.advance(600_000);
  expect(latency.quantile(0.5)).toBeUndefined();
});

it('holds what lies beyond the last bucket, and keeps routes apart', () => {
  const { latencies, latency } = start();
  for (let count = 0; count < 20; count++) latency.observe(1e9);
  expect(latency.quantile(0.5)).toBeGreaterThan(900_000);
  expect(latencies.of('other').quantile(0.5)).toBeUndefined();
  expect(latencies.of('route')).toBe(latency);
});

it('forgets the oldest of more than a thousand routes', () => {
  const { latencies, latency } = start();
  for (let count = 0; count < 1_024; count++) latencies.of(`route ${count}`);
  expect(latencies.of('route')).not.toBe(latency);
});
