import { expect, it } from 'vitest';
import { makePickFacts } from '../pick-facts.fixture.ts';
import type { RateLimitReading } from '../rate-limit-left.ts';
import { makeMember, makeSurroundings } from '../surroundings.fixture.ts';
import { createTargetObservations } from '../target-observations.ts';
import quotaAware from './quota-aware.ts';

const facts = makePickFacts({ inputTokens: 900, outputTokens: 100 });

/** A tier of which each member has told so much. */
function tierOf(readings: readonly (RateLimitReading | undefined)[], inFlight = (_id: string) => 0) {
  const observations = createTargetObservations({ now: () => 0 });
  const members = readings.map((_reading, index) => makeMember(`t${index}`));
  readings.forEach((reading, index) => {
    if (reading !== undefined) observations.of(members[index]!, 'model').rateLimits(reading, 0);
  });
  const picker = quotaAware.createPicker(members, makeSurroundings({ observations, inFlight }));
  picker.eligible.fill(1);
  return { picker, seen: members.map((member) => observations.of(member, 'model')) };
}

const requests = (remaining: number, limit = 100, resetMs = 60_000) => ({ requests: { limit, remaining, resetMs } });

it('picks who has most left of the scarcer quota', () => {
  const { picker } = tierOf([
    { ...requests(90), tokens: { limit: 100_000, remaining: 20_000 } },
    requests(50),
    requests(40),
  ]);
  expect(picker.pick(facts)).toBe(1);
});

it('avoids the exhausted until its reset', () => {
  const { picker } = tierOf([requests(0, 100, 10_000), requests(10)]);
  for (let count = 0; count < 10; count++) expect(picker.pick(facts)).toBe(1);
  expect(picker.pick({ ...facts, now: 10_000 })).toBe(0);
});

it('avoids who has too few tokens left for this request', () => {
  const { picker } = tierOf([
    { tokens: { limit: 4_000, remaining: 900 } },
    { tokens: { limit: 100_000, remaining: 1_000 } },
  ]);
  expect(picker.pick(facts)).toBe(1);
  expect(picker.pick({ ...facts, inputTokens: 100, outputTokens: 0 })).toBe(0);
});

it('counts what was sent since the last answer', () => {
  const { picker, seen } = tierOf([requests(60), requests(50)]);
  const picked = Array.from({ length: 40 }, () => {
    const index = picker.pick(facts);
    seen[index]!.began(facts, 0);
    return index;
  });
  expect(picked.filter((index) => index === 0)).toHaveLength(25);
});

it('takes who tells nothing for the mean of the others, once there is one', () => {
  const { picker } = tierOf([requests(90), undefined, requests(10)]);
  expect(picker.pick(facts)).toBe(1);
  for (let count = 0; count < 50; count++) picker.pick(facts);
  for (let count = 0; count < 50; count++) expect(picker.pick(facts)).toBe(0);
  const spent = tierOf([requests(0), undefined]).picker;
  for (let count = 0; count < 200; count++) expect(spent.pick(facts)).toBe(1);
});

it('shares evenly where nobody tells anything, by what runs', () => {
  const { picker } = tierOf([undefined, undefined, undefined]);
  expect(Array.from({ length: 4 }, () => picker.pick(facts))).toEqual([0, 1, 2, 0]);
  const busy = tierOf([undefined, undefined], (id) => (id === 't0' ? 3 : 0));
  expect([busy.picker.pick(facts), busy.picker.pick(facts)]).toEqual([1, 1]);
});

it('leaves the exhausted of many alone, too', () => {
  const { picker } = tierOf(Array.from({ length: 20 }, (_value, index) => requests(index < 10 ? 0 : 50)));
  const exhausted = Array.from({ length: 1_000 }, () => picker.pick(facts)).filter((index) => index < 10);
  // Both of two drawn at random are exhausted in a quarter of the picks.
  expect(exhausted.length).toBeLessThan(350);
});
