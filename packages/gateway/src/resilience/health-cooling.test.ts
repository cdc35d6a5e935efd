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

describe('rate limits that do not say how long', () => {
  const share = ({ clock, registry }: ReturnType<typeof createHealthScene>, model = 'm') =>
    registry.rampShare('t', model, clock.now());

  test('leave the model usable, and its traffic to others: for a moment, then for longer', () => {
    const scene = createHealthScene();
    const { clock, fail, registry, usable } = scene;
    const times = Array.from({ length: 7 }, () => {
      fail('m', 'rate_limited', 3);
      expect([share(scene), share(scene, 'other'), usable('m')]).toEqual([0, 1, ['m']]);
      expect(registry.statusOf('t')).toBe('degraded');
      const before = clock.now();
      while (share(scene) === 0) clock.advance(100);
      return clock.now() - before;
    });
    expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  test('are forgotten when it answers, or when nobody hears of them for a minute', () => {
    for (const forget of ['answer', 'time'] as const) {
      const scene = createHealthScene();
      const { clock, fail, registry } = scene;
      fail('m', 'rate_limited', 1);
      // Whoever is answered now may have asked before.
      registry.reportSuccess('t', clock.now(), 'm');
      expect(share(scene)).toBe(0);
      clock.advance(1_000);
      expect(share(scene)).toBe(1);
      if (forget === 'answer') registry.reportSuccess('t', clock.now(), 'm');
      else clock.advance(60_000);
      fail('m', 'rate_limited', 1);
      clock.advance(1_000);
      expect(share(scene)).toBe(1);
    }
  });

  test('are told to other processes', () => {
    const { clock, fail, registry } = createHealthScene();
    const other = createHealthScene();
    registry.listen({ record: (record) => other.registry.apply([JSON.parse(JSON.stringify(record))]) });
    fail('m', 'rate_limited', 1);
    expect(other.registry.rampShare('t', 'm', clock.now())).toBe(0);
  });

  test('keep nobody away where failed requests are not to', () => {
    const scene = createHealthScene();
    scene.registry.configure({ isBreakerOn: false });
    scene.fail('m', 'rate_limited', 1);
    expect(share(scene)).toBe(1);
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
