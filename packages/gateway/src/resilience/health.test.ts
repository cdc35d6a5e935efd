import { describe, expect, test } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import type { FailureKind } from './failure.ts';
import { createHealthRegistry, type HealthSettings, type HealthTransition, type ProbeOutcome } from './health.ts';

function setUp(settings: Partial<HealthSettings> = {}) {
  const clock = createManualClock();
  const changes: string[] = [];
  const onChange = ({ id, from, to, reason }: HealthTransition) => changes.push(`${id} ${from}>${to} ${reason}`);
  const registry = createHealthRegistry({ clock, random: () => 0, settings, onChange });
  const fail = (kind: FailureKind, times = 1) => {
    for (let time = 0; time < times; time += 1) registry.reportFailure('t', kind);
  };
  const probe = (outcome: ProbeOutcome, times = 1, successThreshold = 1) => {
    for (let time = 0; time < times; time += 1) {
      registry.reportProbe('t', { outcome, failureThreshold: 3, successThreshold });
    }
  };
  const state = () => registry.recordOf('t')?.state;
  return { clock, changes, registry, fail, probe, state };
}

const up = { status: 200 };
const down = { error: new Error('refused') };

describe('requests', () => {
  test('an id never heard of is usable, and healthy after a success', () => {
    const { registry, changes } = setUp();
    expect(registry.isUsable('t')).toBe(true);
    expect(registry.canTry('t')).toBe(false);
    registry.reportSuccess('t');
    registry.reportSuccess('t');
    expect(changes).toEqual(['t unknown>healthy passive']);
  });

  test('three failures in a row take a target out, a success in between does not', () => {
    const { registry, fail, state } = setUp();
    fail('transient', 2);
    registry.reportSuccess('t');
    fail('transient', 2);
    expect(registry.isUsable('t')).toBe(true);
    fail('headers_timeout');
    expect(registry.isUsable('t')).toBe(false);
    expect(state()).toBe('unhealthy');
  });

  test("the caller's faults and rate limits do not count", () => {
    const { registry, fail } = setUp();
    for (const kind of ['caller_fault', 'rate_limited', 'context_exceeded', 'cancelled', 'target_busy'] as const)
      fail(kind, 5);
    expect(registry.isUsable('t')).toBe(true);
  });

  test('after the cool-down exactly one trial at a time; success restores', () => {
    const { registry, clock, fail, changes } = setUp();
    fail('transient', 3);
    clock.advance(4999);
    expect(registry.beginTrial('t')).toBe(false);
    expect(registry.retryAfterMs(['t'])).toBe(1);
    clock.advance(1);
    expect(registry.canTry('t')).toBe(true);
    expect(registry.beginTrial('t')).toBe(true);
    expect(registry.beginTrial('t')).toBe(false);
    registry.reportSuccess('t');
    expect(registry.isUsable('t')).toBe(true);
    expect(changes).toEqual(['t unknown>unhealthy passive', 't unhealthy>healthy trial']);
  });

  test('each failed trial doubles the cool-down up to 20 s', () => {
    const { registry, clock, fail } = setUp();
    fail('transient', 3);
    for (const coolDownMs of [5000, 10_000, 20_000, 20_000]) {
      expect(registry.retryAfterMs(['t'])).toBe(coolDownMs);
      clock.advance(coolDownMs);
      expect(registry.beginTrial('t')).toBe(true);
      fail('overloaded');
    }
  });

  test('a late answer to a request from before does not restore', () => {
    const { registry, fail } = setUp();
    fail('transient', 3);
    registry.reportSuccess('t');
    expect(registry.isUsable('t')).toBe(false);
  });

  test('an abandoned or forgotten trial lets another begin', () => {
    const { registry, clock, fail } = setUp();
    fail('transient', 3);
    clock.advance(5000);
    expect(registry.beginTrial('t')).toBe(true);
    registry.abandonTrial('t');
    expect(registry.beginTrial('t')).toBe(true);
    clock.advance(59_999);
    expect(registry.beginTrial('t')).toBe(false);
    clock.advance(1);
    expect(registry.beginTrial('t')).toBe(true);
    fail('cancelled');
    expect(registry.beginTrial('t')).toBe(true);
  });

  test('a trial answered with a refusal of the request puts back on probation', () => {
    const { registry, clock, fail } = setUp();
    fail('transient', 3);
    clock.advance(5000);
    registry.beginTrial('t');
    fail('caller_fault');
    expect(registry.isUsable('t')).toBe(true);
    fail('transient');
    expect(registry.isUsable('t')).toBe(false);
    expect(registry.retryAfterMs(['t'])).toBe(10_000);
  });

  test('attempts that began before the trial, or before the target came back, decide nothing', () => {
    const { registry, clock, fail } = setUp();
    const early = clock.now();
    fail('transient', 3);
    clock.advance(5000);
    registry.beginTrial('t');
    const trialAt = clock.now();
    registry.reportFailure('t', 'headers_timeout', early);
    registry.reportSuccess('t', early);
    registry.abandonTrial('t', early);
    expect(registry.isUsable('t')).toBe(false);
    expect(registry.canTry('t')).toBe(false);
    clock.advance(10);
    registry.reportSuccess('t', trialAt);
    expect(registry.isUsable('t')).toBe(true);
    for (let time = 0; time < 5; time += 1) registry.reportFailure('t', 'headers_timeout', early);
    expect(registry.isUsable('t')).toBe(true);
    for (let time = 0; time < 3; time += 1) registry.reportFailure('t', 'headers_timeout', clock.now());
    expect(registry.isUsable('t')).toBe(false);
  });

  test('when all are out, the least bad one is the one that comes back first', () => {
    const { registry, clock, fail } = setUp();
    fail('transient', 3);
    clock.advance(1000);
    for (let time = 0; time < 3; time += 1) registry.reportFailure('later', 'transient');
    registry.reportFailure('broke', 'quota_exhausted');
    expect(registry.leastBad(['broke', 'later', 't'])).toBe('t');
    expect(registry.leastBad(['broke'])).toBeUndefined();
    registry.forceTrial('t');
    registry.reportSuccess('t');
    expect(registry.isUsable('t')).toBe(true);
    expect(registry.retryAfterMs(['broke', 'later'])).toBe(5000);
    expect(registry.retryAfterMs(['broke', 'later', 't'])).toBe(0);
  });
});

describe('quota and credentials', () => {
  test('quota: out for 30 minutes, growing to 4 hours, and no probe undoes it', () => {
    const { registry, clock, fail, probe, state } = setUp();
    fail('quota_exhausted');
    fail('quota_exhausted', 3);
    for (const minutes of [30, 60, 120, 240, 240]) {
      probe(up, 5);
      expect(state()).toBe('quota');
      expect(registry.retryAfterMs(['t'])).toBe(minutes * 60_000);
      clock.advance(minutes * 60_000);
      expect(registry.beginTrial('t')).toBe(true);
      fail('quota_exhausted');
    }
    clock.advance(240 * 60_000);
    registry.beginTrial('t');
    registry.reportSuccess('t');
    fail('quota_exhausted');
    expect(registry.retryAfterMs(['t'])).toBe(30 * 60_000);
  });

  test('refused credential: out for 5 minutes, no probe undoes it', () => {
    const { registry, clock, fail, probe, state } = setUp();
    fail('credential_refused');
    probe(up, 3);
    expect(state()).toBe('misconfigured');
    clock.advance(5 * 60_000 - 1);
    expect(registry.canTry('t')).toBe(false);
    clock.advance(1);
    expect(registry.beginTrial('t')).toBe(true);
    fail('credential_refused');
    expect(registry.retryAfterMs(['t'])).toBe(5 * 60_000);
  });

  test('a quota trial that fails otherwise stays in quota for a short while', () => {
    const { registry, clock, fail, state } = setUp();
    fail('quota_exhausted');
    clock.advance(30 * 60_000);
    registry.beginTrial('t');
    fail('transient');
    expect(state()).toBe('quota');
    expect(registry.retryAfterMs(['t'])).toBe(10_000);
  });
});

describe('probes', () => {
  test.each([
    [200, 'healthy'],
    [204, 'healthy'],
    [429, 'healthy'],
    [401, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'unknown'],
    [405, 'unknown'],
    [500, 'unknown'],
    [302, 'unknown'],
  ])('the first probe answering %i makes it %s', (status, expected) => {
    const { probe, state } = setUp();
    probe({ status });
    expect(state()).toBe(expected);
  });

  test('three failures in a row take out, one success restores', () => {
    const { registry, probe, changes } = setUp();
    probe(up);
    probe(down, 2);
    probe(up);
    probe({ status: 500 }, 2);
    expect(registry.isUsable('t')).toBe(true);
    probe(down);
    expect(registry.isUsable('t')).toBe(false);
    expect(registry.canTry('t')).toBe(false);
    expect(registry.retryAfterMs(['t'])).toBe(10_000);
    probe(up);
    expect(registry.isUsable('t')).toBe(true);
    expect(changes).toEqual(['t unknown>healthy probe', 't healthy>unhealthy probe', 't unhealthy>healthy probe']);
  });

  test('as many successes as configured are needed', () => {
    const { registry, probe } = setUp();
    probe(down, 3);
    probe(up, 1, 2);
    expect(registry.isUsable('t')).toBe(false);
    probe(up, 1, 2);
    expect(registry.isUsable('t')).toBe(true);
  });

  test('a good probe restores what could not be connected to, not what fails requests', () => {
    const refused = setUp();
    refused.fail('connect_failed', 2);
    refused.fail('connect_timeout');
    refused.probe(up);
    expect(refused.registry.isUsable('t')).toBe(true);

    const failing = setUp();
    failing.fail('connect_failed', 2);
    failing.fail('transient');
    failing.probe(up, 5);
    expect(failing.registry.isUsable('t')).toBe(false);
  });

  test('once the probes had failed too, a good one is news', () => {
    const { registry, fail, probe } = setUp();
    fail('transient', 3);
    probe(down, 3);
    probe(up);
    expect(registry.isUsable('t')).toBe(true);
  });

  test('refused credential by probe is undone by probe, and disbelieved once a request went through', () => {
    const { registry, clock, probe, state } = setUp();
    probe({ status: 401 });
    probe(up);
    expect(state()).toBe('healthy');
    probe({ status: 403 });
    expect(registry.isUsable('t')).toBe(false);
    clock.advance(5 * 60_000);
    registry.beginTrial('t');
    registry.reportSuccess('t');
    probe({ status: 403 }, 3);
    expect(state()).toBe('healthy');
    registry.reportFailure('t', 'credential_refused');
    expect(state()).toBe('misconfigured');
  });

  test('a path that does not exist does not take out, and does not unsettle what is healthy', () => {
    const { registry, probe, state } = setUp();
    probe({ status: 404 }, 5);
    expect(registry.isUsable('t')).toBe(true);
    registry.reportSuccess('t');
    probe({ status: 404 }, 5);
    expect(state()).toBe('healthy');
  });
});

describe('bounds', () => {
  test('the history keeps the last 50 transitions', () => {
    const { registry, clock, probe } = setUp();
    for (let time = 0; time < 40; time += 1) {
      clock.advance(1);
      probe(down, 3);
      probe(up);
    }
    expect(registry.history('t')).toHaveLength(50);
    expect(registry.history('t').at(-1)).toMatchObject({ to: 'healthy', at: clock.wallNow() });
    expect(registry.history('other')).toEqual([]);
  });

  test('the number of targets is bounded, and a reload forgets those that are gone', () => {
    const { registry } = setUp({ maxTargets: 10 });
    for (let id = 0; id < 100; id += 1) registry.reportSuccess(`${id}`);
    expect(registry.snapshot()).toHaveLength(10);
    registry.retain(['99']);
    expect(registry.snapshot().map((record) => record.id)).toEqual(['99']);
  });
});

describe('replicas', () => {
  function connect() {
    const clock = createManualClock();
    const create = () => createHealthRegistry({ clock, random: () => 0, onChange: () => undefined });
    const decider = create();
    const replicas = [create(), create()];
    for (const replica of replicas) {
      replica.listen({ event: (event) => decider.receive(structuredClone(event)) });
      decider.listen({ record: (record) => replica.apply([structuredClone(record)]) });
    }
    return { clock, decider, replicas };
  }

  test('failures seen by different replicas add up, and all hear the decision', () => {
    const { decider, replicas } = connect();
    const [first, second] = replicas;
    first!.reportFailure('t', 'transient');
    second!.reportFailure('t', 'transient');
    first!.reportFailure('t', 'transient');
    for (const registry of [decider, ...replicas]) expect(registry.isUsable('t')).toBe(false);
  });

  test('a success seen by one replica resets the count of all', () => {
    const { decider, replicas } = connect();
    const [first, second] = replicas;
    first!.reportFailure('t', 'transient');
    first!.reportFailure('t', 'transient');
    second!.reportSuccess('t');
    first!.reportFailure('t', 'transient');
    for (const registry of [decider, ...replicas]) expect(registry.isUsable('t')).toBe(true);
  });

  test('a trial of one replica keeps the others from trying, and its end is heard', () => {
    const { clock, decider, replicas } = connect();
    const [first, second] = replicas;
    for (let time = 0; time < 3; time += 1) first!.reportFailure('t', 'transient');
    clock.advance(5000);
    expect(second!.beginTrial('t')).toBe(true);
    expect(first!.beginTrial('t')).toBe(false);
    second!.reportSuccess('t');
    for (const registry of [decider, ...replicas]) expect(registry.isUsable('t')).toBe(true);
  });

  test('a replica started later takes over everything known', () => {
    const { clock, decider } = connect();
    decider.reportFailure('broke', 'quota_exhausted');
    decider.reportProbe('t', { outcome: up, failureThreshold: 3, successThreshold: 1 });
    clock.advance(60_000);
    const late = createHealthRegistry({ clock: createManualClock(5), random: () => 0, onChange: () => undefined });
    late.apply(structuredClone(decider.snapshot()));
    expect(late.isUsable('broke')).toBe(false);
    expect(late.retryAfterMs(['broke'])).toBe(29 * 60_000);
    expect(late.recordOf('t')?.state).toBe('healthy');
  });
});
