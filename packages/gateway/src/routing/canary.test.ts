import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCanaryPicker } from './canary.ts';
import { makePickFacts } from './pick-facts.fixture.ts';
import { hashText } from './sticky-hash.ts';
import { strategies } from './strategies/registry.gen.ts';
import roundRobin from './strategies/round-robin.ts';
import sticky from './strategies/sticky.ts';
import { makeMember, makeSurroundings } from './surroundings.fixture.ts';

/** Picks of a tier of which each member is a canary of so many percent, or none. */
function start(percents: readonly (number | undefined)[], strategy = roundRobin) {
  const members = percents.map((canaryPercent, index) => makeMember(`t${index}`, { canaryPercent }));
  const picker = createCanaryPicker(strategy, members, makeSurroundings());
  return (changes: { readonly stickyHash?: number; readonly without?: readonly number[] } = {}) => {
    picker.eligible.fill(1);
    for (const index of changes.without ?? []) picker.eligible[index] = 0;
    return picker.pick(makePickFacts({ stickyHash: changes.stickyHash }));
  };
}

const count = (picks: readonly number[], index: number) => picks.filter((picked) => picked === index).length;

it.each(strategies)('gives a canary its exact share under $name, wherever the cycle begins', (strategy) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.nat(150), (percent, from) => {
      const pick = start([undefined, percent, undefined], strategy);
      for (let before = 0; before < from; before++) pick();
      const picks = Array.from({ length: 100 }, () => pick());
      expect(count(picks, 1)).toBe(percent);
    }),
    { numRuns: 30 },
  );
});

it('gives several canaries theirs, fractions too, interleaved', () => {
  const pick = start([undefined, 0.5, 20]);
  const picks = Array.from({ length: 200 }, () => pick());
  expect([0, 1, 2].map((index) => count(picks, index))).toEqual([159, 1, 40]);
  const gaps = picks.flatMap((picked, index) => (picked === 2 ? [index] : []));
  for (const [index, place] of gaps.entries()) if (index > 0) expect(place - gaps[index - 1]!).toBeLessThanOrEqual(7);
});

it('keeps a caller with the canary or away from it where callers are kept together, as many as its share', () => {
  const pick = start([undefined, 10], sticky);
  const hashes = Array.from({ length: 5_000 }, (_value, index) => hashText(`caller ${index}`));
  const first = hashes.map((stickyHash) => pick({ stickyHash }));
  expect(hashes.map((stickyHash) => pick({ stickyHash }))).toEqual(first);
  expect(Math.abs(count(first, 1) - 500)).toBeLessThan(100);
});

it('shares requests and not callers where callers are not kept together', () => {
  const pick = start([undefined, 10]);
  const picks = Array.from({ length: 100 }, () => pick({ stickyHash: 7 }));
  expect(count(picks, 1)).toBe(10);
});

it('leaves the share of a canary that may not be picked to the others, without making up for it', () => {
  const pick = start([undefined, 50, undefined]);
  const during = Array.from({ length: 10 }, () => pick({ without: [1] }));
  expect([0, 1, 2].map((index) => count(during, index))).toEqual([5, 0, 5]);
  const after = Array.from({ length: 10 }, () => pick());
  expect(count(after, 1)).toBe(5);
});

it('lets canaries serve when nobody else may be picked', () => {
  const pick = start([undefined, 1, 0]);
  expect(Array.from({ length: 4 }, () => pick({ without: [0] }))).toEqual([1, 2, 1, 2]);
  expect(pick({ without: [0, 1], stickyHash: 7 })).toBe(2);
  expect(pick({ without: [0, 1, 2] })).toBe(-1);
});

it('is no canary where all are', () => {
  const pick = start([1, 1]);
  expect(Array.from({ length: 4 }, () => pick())).toEqual([0, 1, 0, 1]);
});

it('shares in proportion what would be more than everything', () => {
  const pick = start([undefined, 150, 50]);
  const picks = Array.from({ length: 200 }, () => pick());
  expect([0, 1, 2].map((index) => count(picks, index))).toEqual([0, 150, 50]);
});
