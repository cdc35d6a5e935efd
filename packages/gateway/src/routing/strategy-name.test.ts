import { expect, it } from 'vitest';
import { readStrategyName } from './strategy-name.ts';

it.each([
  ['least_latency', 'latency_optimized'],
  ['latency-optimized', 'latency_optimized'],
  ['Cost_Optimized', 'cost_optimized'],
  ['quota_aware', 'quota_aware'],
  ['consistent_hash', 'sticky'],
  ['sticky', 'sticky'],
  ['primary-backup', 'priority'],
])('reads %s as %s', (configured, strategy) => {
  expect(readStrategyName(configured)).toEqual({ strategy, problem: undefined });
});

it('says what it knows where it does not know', () => {
  const { strategy, problem } = readStrategyName('fastest');
  expect(strategy).toBeUndefined();
  expect(problem).toContain("'fastest' is not known");
  expect(problem).toContain('latency_optimized');
  expect(readStrategyName(undefined)).toEqual({ strategy: undefined, problem: undefined });
});
