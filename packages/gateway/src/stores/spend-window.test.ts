import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SpendWindow, windowEnd, windowStart } from './spend-window.ts';

const calendar = (period: 'hour' | 'day' | 'week' | 'month'): SpendWindow => ({ kind: 'calendar', period });

test.each([
  ['hour', '2026-11-20T13:59:59.999Z', '2026-11-20T13:00:00Z', '2026-11-20T14:00:00Z'],
  ['day', '2026-11-20T00:00:00.000Z', '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'],
  ['week', '2026-11-22T23:59:59.999Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['week', '2026-11-23T00:00:00.000Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
  ['month', '2028-02-29T12:00:00.000Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
  ['month', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
] as const)('a %s holds %s from %s until %s', (period, moment, start, end) => {
  const window = calendar(period);
  expect(windowStart(window, Date.parse(moment))).toBe(Date.parse(start));
  expect(windowEnd(window, Date.parse(start))).toBe(Date.parse(end));
});

test('every moment is in one window, and the next begins where it ends', () => {
  const period = fc.constantFrom('hour' as const, 'day' as const, 'week' as const, 'month' as const);
  fc.assert(
    fc.property(period, fc.integer({ min: 0, max: 4_102_444_800_000 }), (name, moment) => {
      const window = calendar(name);
      const start = windowStart(window, moment);
      const end = windowEnd(window, start);
      expect(start).toBeLessThanOrEqual(moment);
      expect(moment).toBeLessThan(end);
      expect(windowStart(window, end - 1)).toBe(start);
      expect(windowStart(window, end)).toBe(end);
    }),
  );
});

test('what never ends has one window', () => {
  for (const window of [{ kind: 'total' }, { kind: 'rolling', ms: 1 }] as const) {
    expect(windowStart(window, 1e12)).toBe(0);
    expect(windowEnd(window, 0)).toBe(Number.POSITIVE_INFINITY);
  }
});
