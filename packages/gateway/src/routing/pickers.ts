import type { Strategy, StrategyMember, StrategySurroundings, TierPicker } from './strategies/define-strategy.ts';
import { strategies } from './strategies/registry.gen.ts';
import type { Route, RouteTarget, StrategyName } from './target.ts';

/** Where the strategies keep their counters: one picker for each tier of each route, the same over reloads. */
export interface Pickers {
  of(route: Route, tierIndex: number): TierPicker;
}

/** Tiers remembered at most; the oldest is forgotten first and starts counting anew. */
const maxPickers = 4096;

const byName = new Map<StrategyName, Strategy>(strategies.map((strategy) => [strategy.name, strategy]));

/** Creates the pickers of one process. Counters survive as long as a tier keeps its members and their weights. */
export function createPickers(surroundings: StrategySurroundings): Pickers {
  const byTier = new WeakMap<readonly RouteTarget[], TierPicker>();
  const byKey = new Map<string, TierPicker>();

  function find(route: Route, tierIndex: number, tier: readonly RouteTarget[]): TierPicker {
    const members = tier.map(({ target }): StrategyMember => ({ targetId: target.id, weight: target.weight }));
    const key = JSON.stringify([route.id, tierIndex, route.strategy, members.map((one) => [one.targetId, one.weight])]);
    let picker = byKey.get(key);
    if (picker === undefined) {
      picker = byName.get(route.strategy)!.createPicker(members, surroundings);
      if (byKey.size >= maxPickers) byKey.delete(byKey.keys().next().value!);
      byKey.set(key, picker);
    }
    byTier.set(tier, picker);
    return picker;
  }

  return {
    of(route, tierIndex) {
      const tier = route.tiers[tierIndex]!;
      return byTier.get(tier) ?? find(route, tierIndex, tier);
    },
  };
}
