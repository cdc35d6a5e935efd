import type { Route, RouteTarget, StrategyName, Target } from './target.ts';

/**
 * Makes a route of groups of targets. The next group is the fallback of the one before; within a group, lower priority
 * numbers come first and targets of one number share load. Under the `priority` strategy each target is a tier of its
 * own, in the order given. Without a strategy, weights decide when they differ.
 */
export function createRoute(input: {
  readonly id: string;
  readonly label: string;
  readonly groups: readonly (readonly RouteTarget[])[];
  readonly strategy: StrategyName | undefined;
  readonly staysWithFirst?: boolean;
}): Route {
  const { id, label, groups } = input;
  const members = groups.flat();
  const usable = groups.map((group) => group.filter(({ target }) => isOffered(target)));
  const excluded = members.map(({ target }) => target).filter((target) => !isOffered(target));
  const strategy = input.strategy ?? strategyByWeights(members);
  const tiers = strategy === 'priority' ? usable.flat().map((member) => [member]) : usable.flatMap(tiersByPriority);
  return {
    id,
    label,
    tiers,
    strategy,
    ...(input.staysWithFirst === true && { staysWithFirst: true }),
    ...(excluded.length > 0 && { excluded }),
  };
}

/** Whether the configuration lets a target be used at all; its health is another question. */
export function isOffered(target: Target): boolean {
  return target.enabled && target.unusable === undefined;
}

function strategyByWeights(members: readonly RouteTarget[]): StrategyName {
  return new Set(members.map(({ target }) => target.weight)).size > 1 ? 'weighted' : 'round_robin';
}

function tiersByPriority(group: readonly RouteTarget[]): readonly (readonly RouteTarget[])[] {
  const byPriority = new Map<number, RouteTarget[]>();
  for (const member of group) {
    const tier = byPriority.get(member.target.priority);
    if (tier === undefined) byPriority.set(member.target.priority, [member]);
    else tier.push(member);
  }
  return [...byPriority.entries()].sort(([left], [right]) => left - right).map(([, tier]) => tier);
}
