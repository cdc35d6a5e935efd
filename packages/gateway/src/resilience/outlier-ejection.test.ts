import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutlierEjectionConfig } from '../config/resilience-config.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createOutlierEjection } from './outlier-ejection.ts';

const usual: OutlierEjectionConfig = {
  windowMs: 30_000,
  minRequests: 10,
  excessPercent: 30,
  ejectionMs: 30_000,
  maxEjectedPercent: 50,
};

function setUp(config: Partial<OutlierEjectionConfig> = {}) {
  const clock = createManualClock(100_000);
  const ejection = createOutlierEjection({ config: { ...usual, ...config }, clock });
  /** Requests at a target, the failed ones last. */
  const ask = (id: string, requests: number, failures: number, tier = 'tier') => {
    for (let index = 0; index < requests; index += 1) ejection.note(tier, id, index >= requests - failures);
  };
  const out = (...ids: string[]) => ids.filter((id) => ejection.isEjected('tier', id));
  return { clock, ejection, ask, out };
}

describe('a target that fails more than the others', () => {
  test('is ejected for its time', () => {
    const { ask, clock, out } = setUp();
    ask('good', 20, 0);
    ask('bad', 10, 3);
    expect(out('good', 'bad')).toEqual(['bad']);
    clock.advance(29_999);
    expect(out('bad')).toEqual(['bad']);
    clock.advance(1);
    expect(out('bad')).toEqual([]);
  });

  test('is compared with the others together, not with nothing', () => {
    const { ask, out } = setUp();
    ask('worse', 20, 10);
    ask('bad', 20, 15);
    expect(out('worse', 'bad')).toEqual([]);
    ask('good', 10, 0);
    ask('bad', 1, 1);
    expect(out('worse', 'bad', 'good')).toEqual(['bad']);
  });

  test('is not compared with those that are out already', () => {
    const { ask, out } = setUp();
    ask('good', 20, 0);
    ask('fourth', 1, 0);
    ask('bad', 10, 10);
    ask('bad', 50, 50);
    ask('next', 10, 4);
    expect(out('good', 'bad', 'next')).toEqual(['bad', 'next']);
  });

  test('is not judged by few requests, its own or those of the others', () => {
    const few = setUp();
    few.ask('good', 20, 0);
    few.ask('bad', 9, 9);
    expect(few.out('bad')).toEqual([]);
    const alone = setUp();
    alone.ask('good', 9, 0);
    alone.ask('bad', 50, 50);
    expect(alone.out('bad')).toEqual([]);
  });

  test('is not judged by what was long ago', () => {
    const { ask, clock, out } = setUp();
    ask('good', 20, 0);
    ask('bad', 9, 9);
    clock.advance(30_000);
    ask('good', 20, 0);
    ask('bad', 2, 2);
    expect(out('bad')).toEqual([]);
  });

  test('is out for longer each time, up to ten times, until it has done well for as long', () => {
    const { ask, clock, out } = setUp();
    const times = Array.from({ length: 6 }, () => {
      ask('good', 20, 0);
      ask('bad', 10, 10);
      let lasted = 0;
      while (out('bad').length > 0) {
        clock.advance(1000);
        lasted += 1000;
      }
      return lasted;
    });
    expect(times).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
    clock.advance(300_000);
    ask('good', 20, 0);
    ask('bad', 10, 10);
    clock.advance(30_000);
    expect(out('bad')).toEqual([]);
  });
});

describe('bounds', () => {
  test('tiers are judged apart', () => {
    const { ask, ejection } = setUp();
    ask('good', 20, 0, 'one');
    ask('bad', 10, 10, 'one');
    ask('bad', 10, 10, 'two');
    expect(ejection.isEjected('one', 'bad')).toBe(true);
    expect(ejection.isEjected('two', 'bad')).toBe(false);
    expect(ejection.isEjected('three', 'bad')).toBe(false);
  });

  test('targets that were not asked yet count for the share that may be out, and those that are gone do not', () => {
    const { ask, ejection, out } = setUp({ maxEjectedPercent: 34 });
    ask('good', 20, 0);
    ask('bad', 20, 20);
    expect(out('bad')).toEqual([]);
    ejection.retain(new Map([['tier', ['good', 'bad', 'third']]]));
    ask('bad', 1, 1);
    expect(out('bad')).toEqual(['bad']);
    ejection.retain(new Map([['tier', ['good', 'third']]]));
    expect(out('bad')).toEqual([]);
  });

  test('never more than the share, never the last, whatever happens', () => {
    const step = fc.record({
      target: fc.nat(4),
      requests: fc.integer({ min: 1, max: 30 }),
      failed: fc.boolean(),
      gapMs: fc.nat(10_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), fc.integer({ min: 0, max: 100 }), (steps, share) => {
        const { ask, clock, ejection } = setUp({ maxEjectedPercent: share, excessPercent: 1, minRequests: 3 });
        const ids = ['a', 'b', 'c', 'd', 'e'];
        ejection.retain(new Map([['tier', ids]]));
        for (const { failed, gapMs, requests, target } of steps) {
          clock.advance(gapMs);
          ask(ids[target]!, requests, failed ? requests : 0);
          const out = ids.filter((id) => ejection.isEjected('tier', id)).length;
          expect(out).toBeLessThanOrEqual(Math.min(4, Math.floor((5 * share) / 100)));
        }
      }),
      { numRuns: 200 },
    );
  });
});
