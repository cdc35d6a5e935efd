import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';
import { type SimulationInput, type SimulationResult, simulate } from './simulation.ts';

const small = { targets: 12, requests: 6_000, seed: 7, load: 0.5 } as const;

function play(strategy: SimulationInput['strategy'], changes: Partial<SimulationInput> = {}): SimulationResult {
  return simulate({ ...small, strategy, weights: 'equal', limits: 'none', ...changes });
}

it('plays events in the order of their time, and of their coming', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (times) => {
      const queue = new EventQueue();
      const played: [number, number][] = [];
      for (const [order, at] of times.entries()) queue.put(at, () => played.push([at, order]));
      for (let event = queue.take(); event !== undefined; event = queue.take()) event.run();
      expect(played).toEqual(
        times.map((at, order) => [at, order]).sort((one, other) => one[0]! - other[0]! || one[1]! - other[1]!),
      );
    }),
  );
});

describe('a simulation', () => {
  it('is the same for the same seed, and another for another', () => {
    const { pickMicros: _one, ...first } = play('latency_optimized');
    const { pickMicros: _other, ...second } = play('latency_optimized');
    expect(second).toEqual(first);
    expect(play('latency_optimized', { seed: 8 }).medianMs).not.toBe(first.medianMs);
  });

  it('shows what each strategy is for', () => {
    const inTurn = play('round_robin');
    expect(play('latency_optimized').p99Ms).toBeLessThan(inTurn.p99Ms);
    expect(play('cost_optimized').dollars).toBeLessThan(inTurn.dollars);
    expect(play('sticky').warm).toBeGreaterThan(inTurn.warm + 0.2);
    expect(play('weighted', { weights: 'capacity' }).variationForCapacity).toBeLessThan(inTurn.variationForCapacity);
  });

  it('of quotas that are nearly spent shows what looking at them saves', () => {
    const tight = { load: 0.7, requests: 20_000 };
    expect(play('quota_aware', tight).limitedAttempts).toBeLessThan(play('round_robin', tight).limitedAttempts);
  });
});
