import { describe, expect, test } from 'vitest';
import { createHealthScene } from './health-scene.fixture.ts';
import { healthSettingsOf } from './health-settings.ts';

describe('as many successes as configured', () => {
  test('close it, one at a time, and a failure in between starts anew', () => {
    const { clock, fail, registry, succeed, usable } = createHealthScene({ successThreshold: 2 });
    fail(undefined, 'connect_failed');
    clock.advance(5000);
    const tryOnce = (end: () => void) => {
      expect(registry.beginTrial('t', 'm')).toBe(true);
      expect(registry.beginTrial('t', 'm')).toBe(false);
      end();
    };
    tryOnce(() => succeed('m'));
    tryOnce(() => fail('m', 'connect_failed', 1));
    expect(registry.waitMs('t')).toBe(10_000);
    clock.advance(10_000);
    tryOnce(() => succeed('m'));
    expect(usable('m')).toEqual([]);
    tryOnce(() => succeed('m'));
    expect(usable('m')).toEqual(['m']);
  });

  test('while an account that is accepted once is accepted', () => {
    const { clock, fail, registry, succeed, usable } = createHealthScene({ successThreshold: 2 });
    fail('m', 'quota_exhausted', 1);
    clock.advance(30 * 60_000);
    registry.beginTrial('t', 'm');
    succeed('m');
    expect(usable('m')).toEqual(['m']);
  });
});

describe('settings', () => {
  const usual = { failureThreshold: 5, successThreshold: 2, openMs: 60_000, maxOpenMs: 90_000, rampMs: 0 };

  test('change what is to come and leave what is', () => {
    const { clock, fail, registry, usable } = createHealthScene();
    fail('old');
    fail('new', 'transient', 2);
    registry.configure(healthSettingsOf({ circuitBreaker: usual }));
    expect(registry.waitMs('t', 'old')).toBe(5000);
    fail('new', 'transient', 2);
    expect(usable('old', 'new')).toEqual(['new']);
    fail('new', 'transient', 1);
    expect(registry.waitMs('t', 'new')).toBe(60_000);
    clock.advance(60_000);
    registry.beginTrial('t', 'new');
    fail('new', 'transient', 1);
    expect(registry.waitMs('t', 'new')).toBe(90_000);
  });

  test('without a breaker, failed requests take nothing out, and what they took out is back', () => {
    const { changes, fail, registry, usable } = createHealthScene();
    fail('bad');
    fail(undefined, 'connect_failed');
    registry.configure(healthSettingsOf({ circuitBreaker: undefined }));
    expect(usable('bad', undefined)).toEqual(['bad', undefined]);
    expect(changes.slice(-2)).toEqual(['bad unhealthy>healthy settings', 'target unhealthy>unknown settings']);
    fail('bad', 'transient', 9);
    fail(undefined, 'connect_failed', 9);
    expect(usable('bad', undefined)).toEqual(['bad', undefined]);
    fail('bad', 'rate_limited', 1, { retryAfterMs: 1000 });
    expect(usable('bad', 'good')).toEqual(['good']);
    const down = { outcome: { status: 500 }, failureThreshold: 3, successThreshold: 1 };
    for (let time = 0; time < 3; time += 1) registry.reportProbe('t', down);
    expect(usable('good')).toEqual([]);
    registry.reportFailure('u', 'quota_exhausted');
    expect(registry.isUsable('u')).toBe(false);
  });

  test('without a breaker, what probes took out besides stays out', () => {
    const { fail, registry } = createHealthScene();
    fail(undefined, 'connect_failed');
    const down = { outcome: { status: 500 }, failureThreshold: 1, successThreshold: 1 };
    registry.reportProbe('t', down);
    registry.configure(healthSettingsOf({ circuitBreaker: undefined }));
    expect(registry.isUsable('t')).toBe(false);
    expect(registry.recordOf('t')?.reason).toBe('probe');
  });
});
