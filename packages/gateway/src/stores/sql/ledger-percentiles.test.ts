import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotCounts } from './ledger-percentiles.ts';
import { SLOT_ERROR, slotOf, slotTime } from './ledger-slot.ts';

describe('slots of times', () => {
  it('stand for their times within a fortieth', () => {
    expect(SLOT_ERROR).toBeLessThan(0.025);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900_000_000_000 }), (micros) => {
        expect(Math.abs(slotTime(slotOf(micros)) - micros) / micros).toBeLessThanOrEqual(SLOT_ERROR + 1e-9);
      }),
    );
  });

  it('grow with the time, and end', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), fc.nat({ max: 1e12 }), (one, other) => {
        expect(slotOf(Math.min(one, other))).toBeLessThanOrEqual(slotOf(Math.max(one, other)));
      }),
    );
    expect([slotOf(0), slotOf(1), slotOf(Number.MAX_SAFE_INTEGER)]).toEqual([0, 0, 566]);
  });
});

describe('percentiles', () => {
  it('are within a fortieth of those of the times themselves, however the times were put together', () => {
    const times = fc.array(fc.integer({ min: 1, max: 100_000_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, fc.double({ min: 0.1, max: 100, noNaN: true }), (micros, percent) => {
        const counts = new SlotCounts();
        for (const time of micros) counts.add(slotOf(time), 1);
        const sorted = micros.toSorted((left, right) => left - right);
        const exact = sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1]!;
        expect(Math.abs(counts.percentile(percent)! - exact) / exact).toBeLessThanOrEqual(SLOT_ERROR + 1e-9);
      }),
    );
  });

  it('of nothing are not known', () => {
    expect(new SlotCounts().percentile(50)).toBeUndefined();
  });
});
