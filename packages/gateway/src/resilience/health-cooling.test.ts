import { describe, expect, test } from 'vitest';
import { createHealthScene } from './health-scene.fixture.ts';

describe('rate limits', () => {
  const limited = { retryAfterMs: 8000 };

  test('that say how long hold the model back, without a trial after it', () => {
    const { clock, fail, registry, usable } = createHealthScene();
    fail('m', 'rate_limited', 1, limited);
    expect(usable('m', 'other')).toEqual(['other']);
    expect(registry.canTry('t', 'm')).toBe(false);
    expect(registry.beginTrial('t', 'm')).toBe(false);
    expect(registry.breakerState('t', 'm')).toBe('closed');
    clock.advance(7999);
    expect(usable('m')).toEqual([]);
    clock.advance(1);
    expect(usable('m')).toEqual(['m']);
  });

  test('of a request without a model hold the target back', () => {
    const { clock, fail, registry, usable } = createHealthScene();
    fail(undefined, 'rate_limited', 1, limited);
    expect(usable('m', undefined)).toEqual([]);
    expect(registry.statusOf('t')).toBe('degraded');
    clock.advance(8000);
    expect(usable('m', undefined)).toEqual(['m', undefined]);
  });

  test('may still be what is least bad', () => {
    const { fail, registry } = createHealthScene();
    fail('m', 'rate_limited', 1, { retryAfterMs: 3000 });
    for (let time = 0; time < 3; time += 1) registry.reportFailure('u', 'transient', undefined, { model: 'm' });
    const subjects = ['u', 't'].map((id) => ({ id, model: 'm' }));
    expect(registry.leastBadIndex(subjects)).toBe(1);
    expect(registry.leastBadIndex([{ id: 't', model: 'm' }])).toBe(0);
  });
});

describe('quota', () => {
  test('is waited for as long as the upstream says, within bounds, and no longer for later news of it', () => {
    const { clock, fail, registry } = createHealthScene();
    const waits = [1, 90 * 60_000, 30 * 3_600_000].map((retryAfterMs) => {
      fail('m', 'quota_exhausted', 1, { retryAfterMs });
      fail('m', 'quota_exhausted', 1, { retryAfterMs: 1000 });
      const waitMs = registry.waitMs('t');
      clock.advance(waitMs);
      expect(registry.beginTrial('t', 'm')).toBe(true);
      return waitMs;
    });
    expect(waits).toEqual([5000, 90 * 60_000, 4 * 3_600_000]);
  });

  test('a later word that it takes longer counts', () => {
    const { fail, registry } = createHealthScene();
    fail('m', 'quota_exhausted', 1);
    fail('m', 'quota_exhausted', 1, { retryAfterMs: 45 * 60_000 });
    expect(registry.waitMs('t')).toBe(45 * 60_000);
    expect(registry.recordOf('t')?.quotaLevel).toBe(0);
  });
});
