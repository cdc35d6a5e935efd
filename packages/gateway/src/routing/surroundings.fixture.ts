import type { MemberPrices } from './member-prices.ts';
import type { StrategyMember, StrategySurroundings } from './strategies/define-strategy.ts';
import { createTargetObservations } from './target-observations.ts';

/** Nobody knows any price, and everything fits. */
export const noPrices: MemberPrices = { costOf: () => undefined, fits: () => true };

/** What strategies look at, of a gateway that has just started. Random numbers are those of `seed`. */
export function makeSurroundings(
  changes: Partial<StrategySurroundings> = {},
  { seed = 1 }: { readonly seed?: number } = {},
): StrategySurroundings {
  return {
    random: createRandom(seed),
    inFlight: () => 0,
    observations: createTargetObservations({ now: () => 0 }),
    prices: noPrices,
    ...changes,
  };
}

export function makeMember(targetId: string, changes: Partial<StrategyMember> = {}): StrategyMember {
  return {
    targetId,
    healthId: targetId,
    kind: targetId,
    weight: 1,
    upstreamModel: 'model',
    models: undefined,
    defaultModel: undefined,
    canaryPercent: undefined,
    ...changes,
  };
}

/** Numbers uniform in [0, 1), the same for the same seed (a Weyl sequence, mixed). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
