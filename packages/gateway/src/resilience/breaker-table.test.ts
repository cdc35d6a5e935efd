import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createHealthRegistry, type HealthRegistry, type HealthSettings } from './health.ts';

function setUp(settings: Partial<HealthSettings> = {}) {
  const clock = createManualClock();
  const registry = createHealthRegistry({ clock, random: () => 0, settings, onChange: () => undefined });
  const fail = (id: string, model: string, times = 1) => {
    for (let time = 0; time < times; time += 1) registry.reportFailure(id, 'transient', clock.now(), { model });
  };
  const kept = (id: string) => registry.recordOf(id)?.models.map(({ model }) => model) ?? [];
  return { clock, registry, fail, kept };
}

/** Models that requests are kept away from at this moment, whatever becomes of their target. */
function outNow(registry: HealthRegistry, id: string): (readonly [id: string, model: string])[] {
  const models = registry.recordOf(id)?.models ?? [];
  const out = models.filter(({ coolDownLeftMs, coolingLeftMs }) => coolDownLeftMs > 0 || coolingLeftMs > 0);
  return out.map(({ model }) => [id, model] as const);
}

describe('models of which something is known', () => {
  test('are kept while there is something to know', () => {
    const { clock, fail, kept, registry } = setUp();
    fail('t', 'm', 2);
    expect(kept('t')).toEqual(['m']);
    registry.reportSuccess('t', clock.now(), 'm');
    expect(kept('t')).toEqual([]);
    registry.reportFailure('t', 'rate_limited', clock.now(), { model: 'm', retryAfterMs: 1000 });
    expect(kept('t')).toEqual(['m']);
    clock.advance(1000);
    registry.reportSuccess('t', clock.now(), 'm');
    expect(kept('t')).toEqual([]);
  });

  test('are kept for a minute after they are back, because what began before says nothing', () => {
    const { clock, fail, kept, registry } = setUp();
    const early = clock.now();
    fail('t', 'm', 3);
    clock.advance(5000);
    registry.beginTrial('t', 'm');
    registry.reportSuccess('t', clock.now(), 'm');
    clock.advance(59_999);
    for (let time = 0; time < 3; time += 1) registry.reportFailure('t', 'idle_timeout', early, { model: 'm' });
    expect(registry.isUsable('t', 'm')).toBe(true);
    expect(kept('t')).toEqual(['m']);
    clock.advance(1);
    registry.reportSuccess('t', clock.now(), 'm');
    expect(kept('t')).toEqual([]);
  });

  test('that nobody asks for any more are not kept open for ever', () => {
    const { clock, fail, kept, registry } = setUp();
    registry.reportSuccess('t');
    fail('t', 'invented', 3);
    clock.advance(605_000);
    expect(registry.statusOf('t')).toBe('degraded');
    clock.advance(1);
    expect(registry.statusOf('t')).toBe('healthy');
    fail('t', 'other');
    expect(kept('t')).toEqual(['other']);
  });

  test('names that are too long are the target’s to answer for', () => {
    const { fail, kept, registry } = setUp();
    fail('t', 'x'.repeat(257), 3);
    expect(kept('t')).toEqual([]);
    expect(registry.isUsable('t')).toBe(false);
  });

  test('are forgotten with their target', () => {
    const { fail, kept, registry } = setUp({ maxModels: 2 });
    fail('gone', 'a', 3);
    fail('gone', 'b', 3);
    registry.retain(['t']);
    fail('t', 'a', 3);
    expect(kept('t')).toEqual(['a']);
  });
});

describe('a flood of names', () => {
  test('is bounded, and forgets counts before what is open, oldest first', () => {
    const { fail, kept, registry } = setUp({ modelsForTarget: 1000 });
    fail('t', 'open', 3);
    fail('t', 'counted', 2);
    for (let name = 0; name < 1000; name += 1) fail('t', `invented-${name}`);
    expect(kept('t')).toHaveLength(64);
    expect(registry.isUsable('t', 'open')).toBe(false);
    expect(kept('t')).not.toContain('counted');
    expect(kept('t')).toContain('invented-999');
    expect(kept('t')).not.toContain('invented-900');
  });

  test('does not forget a model that goes on failing', () => {
    const { fail, registry } = setUp({ modelsForTarget: 1000 });
    for (let time = 0; time < 3; time += 1) {
      fail('t', 'failing');
      for (let name = 0; name < 40; name += 1) fail('t', `invented-${time}-${name}`);
    }
    expect(registry.isUsable('t', 'failing')).toBe(false);
  });

  test('of models that are all out now makes the target answer for more of them', () => {
    const { clock, fail, kept, registry } = setUp({ modelsForTarget: 1000, maxModelsOfTarget: 4 });
    for (const model of ['a', 'b', 'c', 'd']) fail('t', model, 3);
    fail('t', 'e', 2);
    expect(kept('t')).toEqual(['a', 'b', 'c', 'd']);
    expect(registry.isUsable('t', 'e')).toBe(true);
    fail('t', 'e');
    expect(registry.isUsable('t', 'e')).toBe(false);
    clock.advance(5000);
    fail('t', 'e');
    expect(kept('t')).toEqual(['b', 'c', 'd', 'e']);
  });

  test('at one target does not cost the others theirs', () => {
    const { fail, kept } = setUp({ maxModels: 20, modelsForTarget: 1000 });
    for (const model of ['a', 'b', 'c']) fail('calm', model);
    for (let name = 0; name < 1000; name += 1) fail('flooded', `invented-${name}`);
    expect(kept('calm')).toEqual(['a', 'b', 'c']);
    expect(kept('flooded')).toHaveLength(17);
    for (const model of ['d', 'e']) fail('calm', model);
    expect(kept('calm')).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(kept('flooded')).toHaveLength(15);
  });

  test('never grows beyond its bounds nor frees a model that is out now', () => {
    const settings = { maxModels: 12, maxModelsOfTarget: 5, modelsForTarget: 1000, failureThreshold: 2 };
    const step = fc.record({
      id: fc.constantFrom('t', 'u', 'v'),
      model: fc.nat(30).map(String),
      outcome: fc.constantFrom('transient', 'transient', 'rate_limited', 'success' as const),
      gapMs: fc.constantFrom(0, 0, 0, 2000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const { clock, kept, registry } = setUp(settings);
        for (const { gapMs, id, model, outcome } of steps) {
          clock.advance(gapMs);
          const out = ['t', 'u', 'v'].flatMap((target) => outNow(registry, target));
          if (outcome === 'success') registry.reportSuccess(id, clock.now(), model);
          else registry.reportFailure(id, outcome as 'transient', clock.now(), { model, retryAfterMs: 3000 });
          for (const [target, name] of out) expect(kept(target)).toContain(name);
          const sizes = ['t', 'u', 'v'].map((target) => kept(target).length);
          expect(Math.max(...sizes)).toBeLessThanOrEqual(5);
          expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 40 },
    );
  });
});
