import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideWindow, type LedgerFloors, parseDuration, type WindowPart } from './ledger-window.ts';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const at = (text: string) => Date.parse(`${text}Z`);
/** Sums of any width. */
const any = { narrowest: minute, widest: day };
const everything: LedgerFloors = { rows: 0, minutes: 0, hours: 0 };
const told = (parts: readonly WindowPart[]) =>
  parts.map(({ width, from, to }) => {
    const end = to === Number.MAX_SAFE_INTEGER ? 'ever' : new Date(to).toISOString().slice(5, 19);
    return `${width} ${new Date(from).toISOString().slice(5, 19)} ${end}`;
  });

describe('a window', () => {
  it('is divided up to the widest sums, which are open at the end', () => {
    const window = { from: at('2026-01-05T14:37:12'), to: undefined };
    expect(told(divideWindow(window, everything, any).parts)).toEqual([
      '1 01-05T14:37:12 01-05T14:38:00',
      '60000 01-05T14:38:00 01-05T15:00:00',
      '3600000 01-05T15:00:00 01-06T00:00:00',
      '86400000 01-06T00:00:00 ever',
    ]);
    expect(told(divideWindow(window, everything, { ...any, widest: hour }).parts)).toEqual([
      '1 01-05T14:37:12 01-05T14:38:00',
      '60000 01-05T14:38:00 01-05T15:00:00',
      '3600000 01-05T15:00:00 ever',
    ]);
  });

  it('can do without the narrowest sums', () => {
    const window = { from: at('2026-01-05T14:37:12'), to: undefined };
    expect(told(divideWindow(window, everything, { narrowest: hour, widest: day }).parts)).toEqual([
      '1 01-05T14:37:12 01-05T15:00:00',
      '3600000 01-05T15:00:00 01-06T00:00:00',
      '86400000 01-06T00:00:00 ever',
    ]);
  });

  it('is divided down again to its end', () => {
    const window = { from: at('2026-01-05T23:00:00'), to: at('2026-01-08T02:03:04') };
    expect(told(divideWindow(window, everything, any).parts)).toEqual([
      '3600000 01-05T23:00:00 01-06T00:00:00',
      '86400000 01-06T00:00:00 01-08T00:00:00',
      '3600000 01-08T00:00:00 01-08T02:00:00',
      '60000 01-08T02:00:00 01-08T02:03:00',
      '1 01-08T02:03:00 01-08T02:03:04',
    ]);
  });

  it('within one minute is read from rows', () => {
    const window = { from: at('2026-01-05T23:00:01'), to: at('2026-01-05T23:00:09') };
    expect(told(divideWindow(window, everything, any).parts)).toEqual(['1 01-05T23:00:01 01-05T23:00:09']);
    expect(divideWindow({ from: 5, to: 5 }, everything, any).parts).toEqual([]);
  });

  it('where minutes are gone is read from rows up to the hour', () => {
    const window = { from: at('2026-01-05T14:37:12'), to: undefined };
    const floors = { rows: 0, minutes: at('2026-01-07T00:00:00'), hours: 0 };
    expect(told(divideWindow(window, floors, any).parts).slice(0, 2)).toEqual([
      '1 01-05T14:37:12 01-05T15:00:00',
      '3600000 01-05T15:00:00 01-06T00:00:00',
    ]);
  });

  it('where rows are gone begins earlier than asked', () => {
    const window = { from: at('2026-01-05T14:37:12'), to: at('2026-01-05T20:10:10') };
    const gone = at('2026-02-01T00:00:00');
    const hours = divideWindow(window, { rows: gone, minutes: gone, hours: 0 }, any);
    expect([hours.from, told(hours.parts)]).toEqual([
      at('2026-01-05T14:00:00'),
      ['3600000 01-05T14:00:00 01-05T21:00:00'],
    ]);
    const days = divideWindow(window, { rows: gone, minutes: gone, hours: gone }, { ...any, widest: hour });
    expect(told(days.parts)).toEqual(['86400000 01-05T00:00:00 01-06T00:00:00']);
  });

  it('that begins where hours are gone was divided into days up to its end, where there are hours', () => {
    const gone = at('2026-01-06T14:00:00');
    const floors = { rows: gone, minutes: gone, hours: gone };
    const window = { from: at('2026-01-05T14:37:12'), to: undefined };
    expect(told(divideWindow(window, floors, { ...any, widest: hour }).parts)).toEqual([
      '86400000 01-05T00:00:00 01-07T00:00:00',
      '3600000 01-07T00:00:00 ever',
    ]);
  });

  it('is covered without gap or overlap, by whole buckets that are kept', () => {
    const time = fc.integer({ min: 0, max: 40 * day });
    const floor = fc.constantFrom(0, 10 * day + 5, 60 * day);
    fc.assert(
      fc.property(
        time,
        fc.option(time, { nil: undefined }),
        fc.record({ rows: floor, minutes: floor, hours: floor }),
        fc.constantFrom(minute, hour, day),
        fc.constantFrom(minute, hour),
        (from, to, given, coarsest, narrowest) => {
          fc.pre(to === undefined || to >= from);
          // The wider sums are, the longer they are kept.
          const floors = { ...given, hours: Math.min(given.hours, given.minutes) };
          const widest = Math.max(narrowest, coarsest);
          const divided = divideWindow({ from, to }, floors, { narrowest, widest });
          let end = divided.from;
          expect(divided.from).toBeLessThanOrEqual(from);
          expect(from - divided.from).toBeLessThan(day);
          for (const part of divided.parts) {
            expect([part.from, part.to > part.from]).toEqual([end, true]);
            expect(part.from % part.width).toBe(0);
            expect(part.width === 1 || part.width >= narrowest).toBe(true);
            if (part.to !== Number.MAX_SAFE_INTEGER) expect(part.to % part.width).toBe(0);
            const kept =
              part.width === 1
                ? floors.rows
                : part.width === minute
                  ? floors.minutes
                  : part.width === hour
                    ? floors.hours
                    : 0;
            expect(part.from).toBeGreaterThanOrEqual(kept);
            if (widest === hour && part.width === day) expect(part.to - day).toBeLessThan(floors.hours);
            end = part.to;
          }
          if (to === undefined) expect(end).toBe(Number.MAX_SAFE_INTEGER);
          else if (divided.parts.length > 0) expect(end).toBeGreaterThanOrEqual(to);
        },
      ),
    );
  });
});

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 15 * minute],
    [' 24h ', day],
    ['7d', 7 * day],
    ['2w', 14 * day],
    ['999999999w', 36_525 * day],
  ])('%j', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '0h', '1', 'h', '1.5h', '-1h', '1y', '1h1h', '10000000000s'])('%j is none', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});
