import { expect, it } from 'vitest';
import { makePickFacts } from './pick-facts.fixture.ts';
import { createTargetObservations } from './target-observations.ts';

const target = { healthId: 'https://api.example key' };
const facts = makePickFacts({ stream: true });

function start() {
  let now = 0;
  return { observations: createTargetObservations({ now: () => now }), at: (ms: number) => (now = ms) };
}

it('keeps targets and their models apart, and those of one address and key together', () => {
  const { observations } = start();
  const one = observations.of(target, 'model');
  expect(observations.find({ healthId: target.healthId }, 'model')).toBe(one);
  expect(observations.find(target, 'other')).toBeUndefined();
  expect(observations.find(target, undefined)).toBeUndefined();
  expect(observations.find({ healthId: 'another' }, 'model')).toBeUndefined();
});

it('follows a stream from its beginning to its end', () => {
  const one = start().observations.of(target, 'model');
  one.began(facts, 0);
  expect(one.inFlight).toBe(1);
  one.firstToken(200, 200);
  expect(one.expectedMs(true, 200)).toBe(200);
  expect(one.expectedMs(false, 200)).toBe(0);
  one.ended({ stream: true, hadFirstToken: true, outcome: 'answered', ms: 9_000 }, 9_000);
  expect(one.inFlight).toBe(0);
  expect(one.expectedMs(true, 9_000)).toBeCloseTo(200);
});

it('takes a stream that broke for slow, and one that was given up for nothing', () => {
  const one = start().observations.of(target, 'model');
  for (const outcome of ['answered', 'abandoned', 'failed'] as const) {
    one.began(facts, 0);
    one.firstToken(200, 0);
    one.ended({ stream: true, hadFirstToken: true, outcome, ms: 300 }, 0);
    expect(one.expectedMs(true, 0)).toBe(outcome === 'failed' ? 5_000 : 200);
  }
  one.began(facts, 0);
  one.ended({ stream: true, hadFirstToken: false, outcome: 'abandoned', ms: 60_000 }, 60_000);
  expect(one.expectedMs(true, 60_000)).toBeLessThan(250);
  expect(one.inFlight).toBe(0);
});

it('times other answers as a whole', () => {
  const one = start().observations.of(target, 'model');
  one.began(makePickFacts({ stream: false }), 0);
  one.ended({ stream: false, hadFirstToken: false, outcome: 'answered', ms: 3_000 }, 3_000);
  expect(one.expectedMs(false, 3_000)).toBe(3_000);
  one.began(makePickFacts({ stream: false }), 3_000);
  one.ended({ stream: false, hadFirstToken: false, outcome: 'failed', ms: 100 }, 3_100);
  expect(one.expectedMs(false, 3_100)).toBe(5_000);
});

it('knows what is left of quotas', () => {
  const one = start().observations.of(target, 'model');
  one.rateLimits({ tokens: { limit: 10_000, remaining: 8_000 } }, 0);
  one.began(makePickFacts({ inputTokens: 1_000, outputTokens: 1_000 }), 0);
  expect(one.quotaAfter(makePickFacts({ inputTokens: 500, outputTokens: 500 }))).toBeCloseTo(0.5);
});

it('stays bounded: what was not used for longest goes, what runs stays', () => {
  const { observations, at } = start();
  const running = observations.of(target, 'running');
  running.began(facts, 0);
  const old = observations.of(target, 'old');
  for (let count = 0; count < 10_000; count++) {
    at(count + 1);
    observations.of({ healthId: `target ${count % 7}` }, `made up ${count}`);
  }
  expect(observations.find(target, 'running')).toBe(running);
  expect(observations.find(target, 'old')).toBeUndefined();
  expect(old.isKept).toBe(false);
  const kept = Array.from({ length: 10_000 }, (_value, count) =>
    observations.find({ healthId: `target ${count % 7}` }, `made up ${count}`),
  ).filter((entry) => entry !== undefined);
  expect(kept.length).toBeLessThan(4_096);
  expect(kept.length).toBeGreaterThan(2_000);
  expect(kept.every(({ isKept }) => isKept)).toBe(true);
});

it('keeps nothing of newcomers while everything is in use', () => {
  const { observations } = start();
  for (let count = 0; count < 4_096; count++) observations.of(target, `model ${count}`).began(facts, 0);
  expect(observations.of(target, 'one more').isKept).toBe(false);
  expect(observations.find(target, 'one more')).toBeUndefined();
});
