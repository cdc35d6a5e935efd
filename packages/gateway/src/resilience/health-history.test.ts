import { expect, test } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createHealthRegistry } from './health.ts';

function setUp(historyLength = 50) {
  const clock = createManualClock();
  const settings = { historyLength };
  const registry = createHealthRegistry({ clock, random: () => 0, settings, onChange: () => undefined });
  const fail = (model?: string) => {
    for (let time = 0; time < 3; time += 1) registry.reportFailure('t', 'overloaded', clock.now(), { model });
  };
  const story = () =>
    registry.history('t').map(({ failure, from, lastedMs, model, reason, to }) => {
      return `${model ?? 'target'} ${from}>${to} ${reason} ${failure ?? '-'} ${lastedMs ?? '?'}`;
    });
  return { clock, registry, fail, story };
}

test('tells of the target and of its models: why, by which failure, and how long the state before lasted', () => {
  const { clock, fail, registry, story } = setUp();
  registry.reportSuccess('t');
  clock.advance(2000);
  fail('m');
  clock.advance(5000);
  registry.beginTrial('t', 'm');
  registry.reportSuccess('t', clock.now(), 'm');
  clock.advance(500);
  fail('m');
  fail();
  registry.reportFailure('t', 'quota_exhausted');
  expect(story()).toEqual([
    'target unknown>healthy passive - 0',
    'm healthy>unhealthy passive overloaded ?',
    'm unhealthy>healthy trial - 5000',
    'm healthy>unhealthy passive overloaded 500',
    'target healthy>unhealthy passive overloaded 7500',
    'target unhealthy>quota passive quota_exhausted 0',
  ]);
  expect(registry.history('t').at(-1)?.at).toBe(clock.wallNow());
  expect(registry.recordOf('t')?.transitions).toHaveLength(6);
});

test('what takes the target out with the third of its models comes after that model', () => {
  const { fail, story } = setUp();
  for (const model of ['a', 'b', 'c']) fail(model);
  expect(story().slice(-2)).toEqual([
    'c healthy>unhealthy passive overloaded ?',
    'target unknown>unhealthy passive overloaded 0',
  ]);
});

test('trials that fail are not news', () => {
  const { clock, fail, registry, story } = setUp();
  fail('m');
  for (let trial = 0; trial < 5; trial += 1) {
    clock.advance(20_000);
    registry.beginTrial('t', 'm');
    registry.reportFailure('t', 'overloaded', clock.now(), { model: 'm' });
  }
  expect(story()).toHaveLength(1);
});

test('is as long as configured, and what a reload forgets is gone', () => {
  const { clock, fail, registry, story } = setUp(4);
  for (let time = 0; time < 5; time += 1) {
    fail('m');
    clock.advance(20_000);
    registry.beginTrial('t', 'm');
    registry.reportSuccess('t', clock.now(), 'm');
  }
  expect(story()).toHaveLength(4);
  expect(story().at(-1)).toBe('m unhealthy>healthy trial - 20000');
  registry.retain(['other']);
  expect(story()).toEqual([]);
});
