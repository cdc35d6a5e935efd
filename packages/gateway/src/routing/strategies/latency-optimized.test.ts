import { expect, it } from 'vitest';
import { makePickFacts } from '../pick-facts.fixture.ts';
import { makeMember, makeSurroundings } from '../surroundings.fixture.ts';
import { createTargetObservations, type TargetObservations } from '../target-observations.ts';
import latencyOptimized from './latency-optimized.ts';

/** Sends requests every ten milliseconds to a tier whose targets answer in so many milliseconds, one after the other. */
function run(answerMs: readonly number[], requests: number, from = 0) {
  let now = from;
  const observations: TargetObservations = createTargetObservations({ now: () => now });
  const members = answerMs.map((_ms, index) => makeMember(`t${index}`));
  const picker = latencyOptimized.createPicker(members, makeSurroundings({ observations }));
  const counts = answerMs.map(() => 0);
  for (let request = 0; request < requests; request++) {
    now += 10;
    picker.eligible.fill(1);
    const facts = makePickFacts({ now });
    const index = picker.pick(facts);
    counts[index]!++;
    const observation = observations.of(members[index]!, 'model');
    observation.began(facts, now);
    observation.firstToken(answerMs[index]!, now);
    observation.ended({ stream: true, hadFirstToken: true, outcome: 'answered', ms: answerMs[index]! }, now);
  }
  return { counts, members, observations, picker, now: () => now };
}

it('sends most to the fastest, and still asks the others now and then', () => {
  const { counts } = run([300, 100, 500], 3_000);
  expect(counts[1]).toBeGreaterThan(2_800);
  for (const count of counts) expect(count).toBeGreaterThan(5);
});

it('hardly asks the slow one of many', () => {
  const { counts } = run([...Array.from({ length: 19 }, () => 100), 5_000], 5_000);
  expect(counts[19]).toBeLessThan(50);
  expect(counts[19]).toBeGreaterThan(0);
  expect(Math.max(...counts)).toBeLessThan(500);
});

it('leaves a target that fails at once, and comes back to it after a while', () => {
  const { observations, members, picker, now } = run([100, 300], 500);
  const fastest = observations.of(members[0]!, 'model');
  fastest.began(makePickFacts(), now());
  fastest.ended({ stream: true, hadFirstToken: false, outcome: 'failed', ms: 1 }, now());
  const sharesAt = (at: number) => {
    const picks = Array.from({ length: 100 }, () => picker.pick(makePickFacts({ now: at })));
    return picks.filter((index) => index === 0).length;
  };
  expect(sharesAt(now())).toBeLessThan(10);
  expect(sharesAt(now() + 60_000)).toBeGreaterThan(90);
});

it('counts what runs, for its weight', () => {
  const observations = createTargetObservations({ now: () => 0 });
  const members = [makeMember('a'), makeMember('b', { weight: 4 })];
  const picker = latencyOptimized.createPicker(members, makeSurroundings({ observations, random: () => 0.5 }));
  const facts = makePickFacts({ now: 1 });
  for (const member of members) {
    const observation = observations.of(member, 'model');
    for (let running = 0; running < 3; running++) observation.began(facts, 0);
    for (let running = 0; running < 3; running++) observation.firstToken(100, 1);
  }
  picker.eligible.fill(1);
  expect([picker.pick(facts), picker.pick(facts)]).toEqual([1, 1]);
});

it('keeps streams and whole answers apart', () => {
  const observations = createTargetObservations({ now: () => 0 });
  const members = [makeMember('a'), makeMember('b')];
  const picker = latencyOptimized.createPicker(members, makeSurroundings({ observations, random: () => 0.5 }));
  for (const [index, stream, ms] of [
    [0, true, 100],
    [1, true, 200],
    [0, false, 9_000],
    [1, false, 3_000],
  ] as const) {
    const observation = observations.of(members[index]!, 'model');
    observation.began(makePickFacts({ stream }), 0);
    observation.ended({ stream, hadFirstToken: false, outcome: 'answered', ms }, 0);
  }
  picker.eligible.fill(1);
  expect(picker.pick(makePickFacts({ stream: true }))).toBe(0);
  expect(picker.pick(makePickFacts({ stream: false }))).toBe(1);
});
