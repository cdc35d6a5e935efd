import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TierPicker } from './define-strategy.ts';
import leastLoaded from './least-loaded.ts';
import priority from './priority.ts';
import random from './random.ts';
import { strategies } from './registry.gen.ts';
import roundRobin from './round-robin.ts';
import weighted from './weighted.ts';

const surroundings = { random: () => 0.5, inFlight: () => 0 };
const membersOf = (weights: readonly number[]) => weights.map((weight, index) => ({ targetId: `t${index}`, weight }));

function picks(picker: TierPicker, count: number, usable?: readonly boolean[]): number[] {
  return Array.from({ length: count }, () => {
    picker.eligible.fill(1);
    usable?.forEach((flag, index) => {
      picker.eligible[index] = flag ? 1 : 0;
    });
    return picker.pick();
  });
}

const countsOf = (indices: readonly number[], size: number) =>
  Array.from({ length: size }, (_value, index) => indices.filter((picked) => picked === index).length);

describe.each(strategies)('every strategy: $name', (strategy) => {
  it('picks only what may be picked, and something when anything may', () => {
    const members = fc.array(fc.tuple(fc.nat(5), fc.boolean()), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(members, fc.double({ min: 0, max: 0.999, noNaN: true }), (drawn, chance) => {
        const usable = drawn.map(([, flag]) => flag);
        const picker = strategy.createPicker(membersOf(drawn.map(([weight]) => weight)), {
          random: () => chance,
          inFlight: () => 0,
        });
        for (const index of picks(picker, 20, usable)) {
          expect(usable.includes(true) ? usable[index] : index === -1).toBe(true);
        }
      }),
    );
  });
});

describe('weighted', () => {
  it('gives 2 to 1 over 300 requests, interleaved', () => {
    const indices = picks(weighted.createPicker(membersOf([2, 1]), surroundings), 300);
    expect(countsOf(indices, 2)).toEqual([200, 100]);
    expect(indices.slice(0, 6)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it('is exact over any cycle, wherever the cycle begins', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.nat(50),
        (weights, start) => {
          const cycle = weights.reduce((sum, weight) => sum + weight, 0);
          const indices = picks(weighted.createPicker(membersOf(weights), surroundings), start + cycle);
          expect(countsOf(indices.slice(start), weights.length)).toEqual(weights);
        },
      ),
    );
  });
});

describe('round robin', () => {
  it('takes turns and skips who may not be picked', () => {
    const picker = roundRobin.createPicker(membersOf([5, 1, 1]), surroundings);
    expect(picks(picker, 4)).toEqual([0, 1, 2, 0]);
    expect(picks(picker, 4, [true, false, true])).toEqual([2, 0, 2, 0]);
  });
});

describe('least loaded', () => {
  it('picks the target with the fewest attempts for its weight', () => {
    const inFlight = (id: string) => ({ t0: 4, t1: 1, t2: 3 })[id] ?? 0;
    expect(picks(leastLoaded.createPicker(membersOf([1, 1, 1]), { ...surroundings, inFlight }), 2)).toEqual([1, 1]);
    expect(picks(leastLoaded.createPicker(membersOf([5, 1, 1]), { ...surroundings, inFlight }), 1)).toEqual([0]);
  });

  it('lets equals take turns', () => {
    expect(picks(leastLoaded.createPicker(membersOf([1, 1, 1]), surroundings), 4)).toEqual([0, 1, 2, 0]);
  });
});

it('random follows the weights', () => {
  const chances = Array.from({ length: 300 }, (_value, index) => index / 300);
  const picker = random.createPicker(membersOf([2, 0, 1]), { ...surroundings, random: () => chances.pop()! });
  expect(countsOf(picks(picker, 300), 3)).toEqual([200, 0, 100]);
});

it('priority picks the first', () => {
  const picker = priority.createPicker(membersOf([1, 9]), surroundings);
  expect(picks(picker, 2)).toEqual([0, 0]);
  expect(picks(picker, 1, [false, true])).toEqual([1]);
});
