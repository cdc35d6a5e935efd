import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePickFacts } from '../pick-facts.fixture.ts';
import { hashText } from '../sticky-hash.ts';
import { makeMember, makeSurroundings } from '../surroundings.fixture.ts';
import sticky from './sticky.ts';

const hashes = Array.from({ length: 4_000 }, (_value, index) => hashText(`caller ${index}`));

interface Tier {
  readonly weights?: readonly number[];
  readonly inFlight?: (targetId: string) => number;
}

function tierOf(ids: readonly string[], { weights, inFlight = () => 0 }: Tier = {}) {
  const members = ids.map((id, index) => makeMember(id, { weight: weights?.[index] ?? 1 }));
  const picker = sticky.createPicker(members, makeSurroundings({ inFlight }));
  return (stickyHash: number | undefined, without: readonly string[] = []): string => {
    picker.eligible.fill(1);
    for (const id of without) picker.eligible[ids.indexOf(id)] = 0;
    return ids[picker.pick(makePickFacts({ stickyHash }))]!;
  };
}

const ids = (count: number) => Array.from({ length: count }, (_value, index) => `target-${index}`);

describe('with a hash', () => {
  it('moves only the requests of a target that goes, spreads them over all others, and brings them back', () => {
    const where = tierOf(ids(10));
    const before = hashes.map((hash) => where(hash));
    const during = hashes.map((hash) => where(hash, ['target-3']));
    const heirs = new Set<string>();
    before.forEach((id, index) => {
      if (id === 'target-3') heirs.add(during[index]!);
      else expect(during[index]).toBe(id);
    });
    expect(heirs.size).toBe(9);
    expect(hashes.map((hash) => where(hash))).toEqual(before);
  });

  it('moves only the share of a target that comes, wherever it is put', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(20), (count, place) => {
        const where = tierOf(ids(count));
        const whereThen = tierOf(ids(count).toSpliced(place, 0, 'newcomer'));
        const moved = hashes.slice(0, 1_000).filter((hash) => {
          const then = whereThen(hash);
          if (then !== 'newcomer') expect(then).toBe(where(hash));
          return then === 'newcomer';
        });
        const share = 1_000 / (count + 1);
        expect(Math.abs(moved.length - share)).toBeLessThan(5 * Math.sqrt(share) + 1);
      }),
      { numRuns: 30 },
    );
  });

  it('shares in proportion to the weights', () => {
    const where = tierOf(['a', 'b', 'c'], { weights: [1, 3, 0] });
    const counts = { a: 0, b: 0, c: 0 };
    for (const hash of hashes) counts[where(hash) as keyof typeof counts]++;
    expect(counts.a / hashes.length).toBeCloseTo(0.25, 1);
    expect(counts.c).toBe(0);
  });

  it('passes over a target that is much busier than its share, for the next in its own order', () => {
    const running = new Map<string, number>();
    const where = tierOf(ids(4), { inFlight: (id) => running.get(id) ?? 0 });
    const hash = hashes[0]!;
    const first = where(hash);
    const second = where(hash, [first]);
    for (const id of ids(4)) running.set(id, 8);
    expect(where(hash)).toBe(first);
    running.set(first, 20);
    expect(where(hash)).toBe(second);
    for (const id of ids(4)) running.set(id, 18);
    expect(where(hash)).toBe(first);
  });

  it('never lets a target have more than its share and a quarter, and one, however one-sided the callers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.array(fc.nat(2), { maxLength: 200 }), (count, callers) => {
        const running = new Map<string, number>();
        const where = tierOf(ids(count), { inFlight: (id) => running.get(id) ?? 0 });
        callers.forEach((caller, total) => {
          const id = where(hashes[caller]);
          expect(running.get(id) ?? 0).toBeLessThanOrEqual((1.25 * (total + 1)) / count + 1);
          running.set(id, (running.get(id) ?? 0) + 1);
        });
      }),
    );
  });
});

it('takes turns without a hash', () => {
  const where = tierOf(['a', 'b', 'c'], { weights: [1, 0, 1] });
  expect([where(undefined), where(undefined), where(undefined)]).toEqual(['a', 'c', 'a']);
  expect(where(undefined, ['a', 'c'])).toBe('b');
});
