import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTimestamp } from './timestamp.ts';

it('is what Date would write, across seconds and back', () => {
  let now = 0;
  const timestamp = createTimestamp({ wallNow: () => now });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4_102_444_800_000 })),
      fc.integer({ min: 0, max: 5000 }),
      (times, step) => {
        for (const time of times) {
          for (now of [time, time + step, time]) expect(timestamp()).toBe(new Date(now).toISOString());
        }
      },
    ),
  );
});
