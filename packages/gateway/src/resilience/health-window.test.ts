import { expect, test } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createHealthRegistry } from './health.ts';
import { HealthWindow } from './health-window.ts';

function fill(window: HealthWindow, successes: number, failures: number, at: number) {
  for (let count = 0; count < successes; count += 1) window.succeed(at);
  for (let count = 0; count < failures; count += 1) window.fail(at);
}

test('more than a fifth of at least ten requests is often', () => {
  const cases = [
    [9, 0, false],
    [6, 3, false],
    [8, 2, false],
    [7, 3, true],
    [0, 10, true],
    [80, 20, false],
    [79, 21, true],
  ] as const;
  for (const [successes, failures, expected] of cases) {
    const window = new HealthWindow();
    fill(window, successes, failures, 100_000);
    expect(window.isFailing(100_000), `${successes} + ${failures}`).toBe(expected);
  }
});

test('outcomes are forgotten after fifteen to thirty seconds', () => {
  const window = new HealthWindow();
  fill(window, 0, 10, 100_000);
  expect(window.counts(115_000)).toEqual({ successes: 0, failures: 10 });
  fill(window, 5, 0, 120_000);
  expect(window.counts(129_999)).toEqual({ successes: 5, failures: 10 });
  expect(window.counts(130_000)).toEqual({ successes: 5, failures: 0 });
  expect(window.counts(160_000)).toEqual({ successes: 0, failures: 0 });
});

test('what a target did in one half minute makes it degraded, in the next not any more', () => {
  const clock = createManualClock(100_000);
  const registry = createHealthRegistry({ clock, random: () => 0, onChange: () => undefined });
  for (let request = 0; request < 12; request += 1) {
    if (request % 3 === 0) registry.reportFailure('t', 'transient', clock.now(), { model: 'm' });
    else registry.reportSuccess('t', clock.now(), 'm');
  }
  expect(registry.isUsable('t', 'm')).toBe(true);
  expect(registry.statusOf('t')).toBe('degraded');
  expect(registry.recordOf('t')?.recent).toEqual({ successes: 8, failures: 4 });
  clock.advance(30_000);
  expect(registry.statusOf('t')).toBe('healthy');
});
