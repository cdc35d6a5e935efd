import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRetryBudgets } from './retry-budget.ts';

describe('what a route may try again', () => {
  it('is its floor within ten seconds when there are few requests', () => {
    const budget = createRetryBudgets({ percent: 20, floor: 3 }).of('route');
    budget.noteRequest(0);
    expect([1, 2, 3, 4].map(() => budget.tryTake(500))).toEqual([true, true, true, false]);
    expect(budget.hasRoom(9_999)).toBe(false);
    expect(budget.hasRoom(10_000)).toBe(true);
    expect([1, 2, 3, 4].map(() => budget.tryTake(10_000))).toEqual([true, true, true, false]);
  });

  it('is a share of its requests when there are many', () => {
    const budget = createRetryBudgets().of('route');
    for (let index = 0; index < 100; index++) budget.noteRequest(index * 10);
    const granted = Array.from({ length: 100 }, () => budget.tryTake(1_000)).filter((taken) => taken);
    expect(granted).toHaveLength(20);
  });

  it('is used up by nobody who was refused', () => {
    const budget = createRetryBudgets({ percent: 0, floor: 1 }).of('route');
    expect([budget.tryTake(0), budget.tryTake(1_000), budget.tryTake(9_000)]).toEqual([true, false, false]);
    expect(budget.tryTake(10_000)).toBe(true);
  });

  it('is nothing when nothing is configured to be', () => {
    const budget = createRetryBudgets({ percent: 0, floor: 0 }).of('route');
    budget.noteRequest(0);
    expect(budget.hasRoom(0)).toBe(false);
    expect(budget.tryTake(0)).toBe(false);
  });

  it('is its own for each route, and remembered', () => {
    const budgets = createRetryBudgets({ percent: 0, floor: 1 });
    expect(budgets.of('one').tryTake(0)).toBe(true);
    expect(budgets.of('one').tryTake(0)).toBe(false);
    expect(budgets.of('two').tryTake(0)).toBe(true);
  });

  it('is forgotten of the oldest when there are very many routes', () => {
    const budgets = createRetryBudgets({ percent: 0, floor: 1 });
    const first = budgets.of('0');
    for (let index = 1; index < 4096; index++) budgets.of(String(index));
    expect(budgets.of('0')).toBe(first);
    budgets.of('4096');
    expect(budgets.of('0')).not.toBe(first);
  });

  it('holds when the clock stands far from zero, or goes back', () => {
    const budget = createRetryBudgets({ percent: 0, floor: 2 }).of('route');
    expect([budget.tryTake(1e12), budget.tryTake(1e12 - 60_000), budget.tryTake(1e12 + 1)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

it('never lets attempts pass the share of requests and the floor, whatever comes when', () => {
  const events = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 4_000 }), isRequest: fc.boolean() }), {
    maxLength: 300,
  });
  const settings = fc.record({ percent: fc.integer({ min: 0, max: 100 }), floor: fc.integer({ min: 0, max: 12 }) });
  fc.assert(
    fc.property(events, settings, (list, { percent, floor }) => {
      const budget = createRetryBudgets({ percent, floor }).of('route');
      const seen: { second: number; isRequest: boolean }[] = [];
      let now = 0;
      for (const { afterMs, isRequest } of list) {
        now += afterMs;
        const second = Math.floor(now / 1_000);
        const recent = seen.filter((event) => event.second > second - 10);
        const requests = recent.filter((event) => event.isRequest).length;
        const taken = recent.length - requests;
        if (isRequest) {
          budget.noteRequest(now);
          seen.push({ second, isRequest });
          continue;
        }
        const expected = taken + 1 <= Math.max(floor, (requests * percent) / 100);
        expect(budget.hasRoom(now)).toBe(expected);
        expect(budget.tryTake(now)).toBe(expected);
        if (expected) seen.push({ second, isRequest });
      }
    }),
  );
});
