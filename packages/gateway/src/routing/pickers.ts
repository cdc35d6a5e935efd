import { createCanaryPicker } from './canary.ts';
import { hashText } from './sticky-hash.ts';
import type { Strategy, StrategyMember, StrategySurroundings, TierPicker } from './strategies/define-strategy.ts';
import { strategies } from './strategies/registry.gen.ts';
import type { Route, RouteTarget, StrategyName } from './target.ts';

/** Where the strategies keep their counters: one picker for each tier of each route, the same over reloads. */
export interface Pickers {
  of(route: Route, tierIndex: number): TierPicker;
  /** A picker of the same kind that begins anew, is nobody else's and has its own chance: to find out how load would be shared. */
  anew?(route: Route, tierIndex: number, random: () => number): TierPicker;
}

/** Tiers remembered at most; the oldest is forgotten first and starts counting anew. */
const maxPickers = 4096;

const byName = new Map<StrategyName, Strategy>(strategies.map((strategy) => [strategy.name, strategy]));

/** Creates the pickers of one process. Counters survive as long as a tier keeps its members as they are. */
export function createPickers(surroundings: StrategySurroundings): Pickers {
  const byTier = new WeakMap<readonly RouteTarget[], TierPicker>();
  const byKey = new Map<string, TierPicker>();

  function find(route: Route, tierIndex: number, tier: readonly RouteTarget[]): TierPicker {
    const members = tier.map(memberOf);
    const key = JSON.stringify([route.id, tierIndex, route.strategy, members.map(identityOf)]);
    let picker = byKey.get(key);
    if (picker === undefined) {
      picker = createCanaryPicker(byName.get(route.strategy)!, members, surroundings);
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
    anew(route, tierIndex, random) {
      const members = route.tiers[tierIndex]!.map(memberOf);
      return createCanaryPicker(byName.get(route.strategy)!, members, { ...surroundings, random });
    },
  };
}

function memberOf({ target, upstreamModel }: RouteTarget): StrategyMember {
  const { canaryPercent, defaultModel, healthId, id: targetId, kind, models, weight } = target;
  return { targetId, healthId, kind, weight, upstreamModel, models, defaultModel, canaryPercent };
}

/** What a picker keeps of a member: with anything else in its place, another picker is needed. */
function identityOf({ models, ...member }: StrategyMember): readonly unknown[] {
  return [...Object.values(member), models === undefined ? 0 : hashText(JSON.stringify([...models]))];
}
