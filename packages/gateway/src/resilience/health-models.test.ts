import { describe, expect, test } from 'vitest';
import { createHealthScene } from './health-scene.fixture.ts';

describe('a model that fails', () => {
  test('is out alone, and its target serves the others', () => {
    const { changes, fail, registry, usable } = createHealthScene();
    fail('bad');
    expect(usable('bad', 'good', undefined)).toEqual(['good', undefined]);
    expect(registry.recordOf('t')?.state).toBe('unknown');
    expect(registry.statusOf('t')).toBe('degraded');
    expect(changes).toEqual(['bad healthy>unhealthy passive']);
  });

  test.each([
    'overloaded',
    'transient',
    'headers_timeout',
    'first_token_timeout',
    'idle_timeout',
    'total_timeout',
    'malformed',
    'truncated',
  ] as const)('counts %s', (kind) => {
    const { fail, usable } = createHealthScene();
    fail('bad', kind);
    expect(usable('bad', 'good')).toEqual(['good']);
  });

  test.each(['connect_failed', 'connect_timeout', 'credential_refused', 'quota_exhausted'] as const)(
    'takes %s for a fault of the whole target',
    (kind) => {
      const { fail, usable } = createHealthScene();
      fail('bad', kind);
      expect(usable('bad', 'good', undefined)).toEqual([]);
    },
  );

  test.each(['model_gone', 'caller_fault', 'rate_limited', 'context_exceeded', 'cancelled', 'unknown'] as const)(
    'does not count %s',
    (kind) => {
      const { fail, usable } = createHealthScene();
      fail('bad', kind, 10);
      expect(usable('bad', 'good')).toEqual(['bad', 'good']);
    },
  );

  test('is tried alone, once at a time, and is back after it', () => {
    const { changes, clock, fail, registry, succeed, usable } = createHealthScene();
    succeed('good');
    fail('bad');
    expect(registry.breakerState('t', 'bad')).toBe('open');
    clock.advance(5000);
    expect(registry.breakerState('t', 'bad')).toBe('half_open');
    expect(registry.canTry('t', 'good')).toBe(false);
    expect(registry.beginTrial('t', 'bad')).toBe(true);
    expect(registry.beginTrial('t', 'bad')).toBe(false);
    succeed('good');
    expect(usable('bad', 'good')).toEqual(['good']);
    succeed('bad');
    expect(usable('bad', 'good')).toEqual(['bad', 'good']);
    expect(changes.slice(1)).toEqual(['bad healthy>unhealthy passive', 'bad unhealthy>healthy trial']);
  });

  test('is out again when its trial cannot connect, but its trial ends when the account is used up', () => {
    const { clock, fail, registry } = createHealthScene();
    fail('bad');
    clock.advance(5000);
    registry.beginTrial('t', 'bad');
    fail('bad', 'connect_failed', 1);
    expect(registry.waitMs('t', 'bad')).toBe(10_000);
    clock.advance(10_000);
    registry.beginTrial('t', 'bad');
    fail('bad', 'quota_exhausted', 1);
    expect(registry.breakerState('t', 'bad')).toBe('open');
    expect(registry.waitMs('t', 'bad')).toBe(30 * 60_000);
  });
});

describe('several models that fail', () => {
  test('take the target out, which one trial of any model brings back', () => {
    const { changes, clock, fail, registry, succeed, usable } = createHealthScene();
    succeed('good');
    for (const model of ['a', 'b']) fail(model);
    expect(usable('good')).toEqual(['good']);
    fail('c');
    expect(usable('good', undefined)).toEqual([]);
    expect(registry.statusOf('t')).toBe('unhealthy');
    clock.advance(5000);
    expect(registry.beginTrial('t', 'good')).toBe(true);
    expect(registry.canTry('t', 'a')).toBe(false);
    succeed('good');
    expect(usable('a', 'b', 'c', 'good')).toEqual(['good']);
    expect(changes.at(-1)).toBe('target unhealthy>healthy trial');
    fail('d');
    expect(usable('good')).toEqual(['good']);
  });

  test('do not while others answer well', () => {
    const { fail, succeed, usable } = createHealthScene();
    for (const model of ['a', 'b', 'c', 'd', 'e']) {
      fail(model);
      succeed('good');
    }
    expect(usable('a', 'e', 'good')).toEqual(['good']);
  });

  test('one trial of a model brings back both it and its target', () => {
    const { clock, fail, registry, succeed, usable } = createHealthScene();
    for (const model of ['a', 'b', 'c']) fail(model);
    clock.advance(5000);
    expect(registry.beginTrial('t', 'b')).toBe(true);
    succeed('b');
    expect(usable('a', 'b', 'c', 'good')).toEqual(['b', 'good']);
  });

  test('a trial that fails keeps the target out for longer', () => {
    const { clock, fail, registry } = createHealthScene();
    for (const model of ['a', 'b', 'c']) fail(model);
    clock.advance(5000);
    registry.beginTrial('t', 'good');
    fail('good', 'transient', 1);
    expect(registry.waitMs('t', 'good')).toBe(10_000);
  });
});

describe('a trial that is answered, if not with success', () => {
  test('says that the target works, so that its models never add up to it', () => {
    const { clock, fail, registry, usable } = createHealthScene();
    fail('m');
    for (let time = 0; time < 5; time += 1) {
      clock.advance(20_000);
      expect(registry.beginTrial('t', 'm')).toBe(true);
      fail('m', 'caller_fault', 1);
      expect(usable('m')).toEqual(['m']);
      fail('m', 'transient', 1);
    }
    expect(usable('m', 'good')).toEqual(['good']);
  });
});

describe('attempts that began too early', () => {
  test('say nothing of a model, but something of its target', () => {
    const { clock, fail, registry, usable } = createHealthScene();
    const early = clock.now();
    fail('bad');
    fail(undefined, 'connect_failed', 2);
    clock.advance(5000);
    registry.beginTrial('t', 'bad');
    registry.reportSuccess('t', early, 'bad');
    expect(usable('bad')).toEqual([]);
    fail(undefined, 'connect_failed', 2);
    expect(usable(undefined)).toEqual([undefined]);
  });

  test('end the trial of a model that began before that of its target', () => {
    const { clock, fail, registry, usable } = createHealthScene();
    fail('slow');
    clock.advance(5000);
    registry.beginTrial('t', 'slow');
    const slowAt = clock.now();
    fail(undefined, 'connect_failed', 3);
    clock.advance(5000);
    registry.beginTrial('t', 'other');
    registry.reportSuccess('t', slowAt, 'slow');
    expect(registry.breakerState('t')).toBe('half_open');
    registry.reportSuccess('t', clock.now(), 'other');
    expect(usable('slow', 'other')).toEqual(['slow', 'other']);
  });
});

describe('the least bad', () => {
  test('is judged by the model it is for, and of equals by who failed longest ago', () => {
    const { clock, fail, registry } = createHealthScene();
    const of = (id: string, model: string) => ({ id, model });
    registry.reportFailure('u', 'transient');
    clock.advance(10);
    fail('bad');
    expect(registry.leastBadIndex([of('t', 'bad'), of('u', 'bad')])).toBe(1);
    expect(registry.leastBadIndex([of('t', 'good'), of('u', 'good')])).toBe(1);
    expect(registry.leastBadIndex([of('t', 'good'), of('new', 'good')])).toBe(1);
    expect(registry.leastBadIndex([])).toBe(-1);
  });
});

describe('growing back', () => {
  test('a tenth at first, all of it after the ramp, of a model and of a target', () => {
    const { clock, fail, registry, succeed } = createHealthScene();
    const share = (model?: string) => registry.rampShare('t', model, clock.now());
    fail('bad');
    fail(undefined, 'connect_failed');
    clock.advance(5000);
    registry.beginTrial('t', 'bad');
    expect(share('bad')).toBe(1);
    succeed('bad');
    expect([share('bad'), share('other'), share()]).toEqual([0.1, 0.1, 0.1]);
    expect(registry.statusOf('t')).toBe('degraded');
    clock.advance(5000);
    expect(share('bad')).toBeCloseTo(0.55);
    clock.advance(5000);
    expect(share('bad')).toBe(1);
    expect(registry.statusOf('t')).toBe('healthy');
  });

  test('after probes took it out, too; not after quota, nor without a ramp', () => {
    const { clock, fail, registry, succeed } = createHealthScene();
    const probe = (status: number) =>
      registry.reportProbe('t', { outcome: { status }, failureThreshold: 1, successThreshold: 1 });
    probe(500);
    probe(200);
    expect(registry.rampShare('t', 'm', clock.now())).toBe(0.1);
    clock.advance(10_000);
    fail('m', 'quota_exhausted', 1);
    clock.advance(30 * 60_000);
    registry.beginTrial('t', 'm');
    succeed('m');
    expect(registry.rampShare('t', 'm', clock.now())).toBe(1);
    registry.configure({ rampMs: 0 });
    probe(500);
    probe(200);
    expect(registry.rampShare('t', 'm', clock.now())).toBe(1);
  });
});
