import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LimitRule } from '../limit-store.ts';
import { SlidingWindow } from './sliding-window.ts';

type WindowRule = Extract<LimitRule, { algorithm: 'sliding_window' }>;

const ruleOf = (limit: number, windowMs: number): WindowRule => ({
  id: 'r',
  algorithm: 'sliding_window',
  limit,
  windowMs,
});

/**
 * What a sliding window is: a list of all that passed. Times of units are rounded up and those of questions down, so that
 * a fraction of a millisecond is never given away.
 */
class WindowLog {
  rule: WindowRule;
  units: number[] = [];

  constructor(rule: WindowRule) {
    this.rule = rule;
  }

  counted(now: number): number {
    return this.units.filter((time) => time > Math.floor(now) - this.rule.windowMs).length;
  }

  passes(units: number, now: number): boolean {
    return units <= 0 || this.counted(now) + units <= this.rule.limit;
  }

  pass(units: number, now: number): void {
    for (let unit = 0; unit < units; unit += 1) this.units.push(Math.ceil(now));
  }

  /** What is forgotten is forgotten, even if the window becomes longer. */
  forget(now: number): void {
    this.units = this.units.filter((time) => time > Math.floor(now) - this.rule.windowMs);
  }

  /** Tried out millisecond by millisecond; one window for what can never pass. */
  waitMs(units: number, now: number): number {
    if (units > this.rule.limit) return this.rule.windowMs;
    let wait = 0;
    while (!this.passes(units, now + wait)) wait += 1;
    return wait;
  }

  resetMs(now: number): number {
    let wait = 0;
    while (this.counted(now + wait) > 0) wait += 1;
    return wait;
  }
}

const gap = fc.oneof(
  fc.integer({ min: 0, max: 30 }),
  fc.integer({ min: 0, max: 3_000 }).map((part) => part / 64),
);
const costs = fc.array(fc.oneof(fc.integer({ min: -1, max: 4 }), fc.double({ min: 0, max: 3, noNaN: true })), {
  minLength: 1,
  maxLength: 3,
});
const limit = fc.integer({ min: 0, max: 9 });
const windowMs = fc.integer({ min: 1, max: 40 });
const step = fc.record({
  gap,
  costs,
  isRefusedElsewhere: fc.boolean(),
  rule: fc.option(fc.tuple(limit, windowMs), { freq: 8 }),
});

it('does what a list of all that passed would do', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), limit, windowMs, (steps, firstLimit, firstWindow) => {
      const window = new SlidingWindow(ruleOf(firstLimit, firstWindow));
      const log = new WindowLog(ruleOf(firstLimit, firstWindow));
      let now = 1_000;
      for (const { gap: passed, costs: wanted, isRefusedElsewhere, rule } of steps) {
        now += passed;
        if (rule) {
          log.rule = ruleOf(...rule);
          window.adopt(log.rule);
        }
        log.forget(now);
        let units = 0;
        let isRefused = isRefusedElsewhere;
        for (const cost of wanted) {
          units += Math.max(0, Math.ceil(cost));
          const waitMs = window.offer(cost, now);
          expect(waitMs).toBe(cost <= 0 ? 0 : log.waitMs(units, now));
          if (waitMs > 0) isRefused = true;
        }
        if (isRefused) window.withdraw();
        else {
          window.commit(now);
          log.pass(units, now);
        }
        expect(window.remaining()).toBe(Math.max(0, log.rule.limit - log.counted(now)));
        expect(window.resetMs(now)).toBe(log.resetMs(now));
        expect(window.isIdle(now)).toBe(log.counted(now) === 0);
      }
    }),
    { numRuns: 300 },
  );
});

it('lets no more than the limit into any window, wherever it begins', () => {
  const arrivals = fc.array(fc.record({ gap, cost: fc.integer({ min: 1, max: 3 }) }), { maxLength: 150, size: 'max' });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 9 }), windowMs, (list, most, length) => {
      const window = new SlidingWindow(ruleOf(most, length));
      const passed: number[] = [];
      let now = 0.25;
      for (const arrival of list) {
        now += arrival.gap;
        if (window.offer(arrival.cost, now) > 0) window.withdraw();
        else {
          window.commit(now);
          for (let unit = 0; unit < arrival.cost; unit += 1) passed.push(now);
        }
      }
      for (const start of passed) {
        expect(passed.filter((time) => time >= start && time < start + length).length).toBeLessThanOrEqual(most);
      }
    }),
    { numRuns: 300 },
  );
});
