import type { RouteOptions } from '../config/gateway-config.ts';
import type { Route, RouteTarget, StrategyName, Target } from './target.ts';

/**
 * Makes a route of groups of targets. The next group is the fallback of the one before; within a group, lower priority
 * numbers come first and targets of one number share load. Under the `priority` strategy each target is a tier of its
 * own, in the order given, but a canary is in one with the target before it. Without a strategy, weights decide when
 * they differ. Targets that are only watched are in no tier.
 */
export function createRoute(input: {
  readonly id: string;
  readonly label: string;
  readonly aliases?: readonly string[];
  readonly groups: readonly (readonly RouteTarget[])[];
  readonly strategy: StrategyName | undefined;
  readonly options: RouteOptions;
  readonly staysWithFirst?: boolean;
}): Route {
  const { id, label, groups, options } = input;
  const members = groups.flat();
  const usable = groups.map((group) => group.filter(({ target }) => mayAnswer(target)));
  const shadows = members.filter(({ target }) => isOffered(target) && isShadow(target));
  const excluded = members.map(({ target }) => target).filter((target) => !isOffered(target));
  const strategy = input.strategy ?? strategyByWeights(members);
  return {
    id,
    label,
    tiers: strategy === 'priority' ? tiersInOrder(usable.flat()) : usable.flatMap(tiersByPriority),
    strategy,
    options,
    ...(input.aliases !== undefined && { aliases: input.aliases }),
    ...(input.staysWithFirst === true && { staysWithFirst: true }),
    ...(excluded.length > 0 && { excluded }),
    ...(shadows.length > 0 && { shadows }),
  };
}

/** Whether the configuration lets a target be used at all; its health is another question. */
export function isOffered(target: Target): boolean {
  return target.enabled && target.unusable === undefined;
}

/** Whether the configuration lets a target answer callers. */
export function mayAnswer(target: Target): boolean {
  return isOffered(target) && !isShadow(target);
}

/** Whether a target is only watched: it gets copies of requests and never answers. */
export function isShadow({ shadowPercent }: Target): boolean {
  return shadowPercent !== undefined;
}

function strategyByWeights(members: readonly RouteTarget[]): StrategyName {
  const sharing = members.filter(({ target }) => !isShadow(target) && target.canaryPercent === undefined);
  return new Set(sharing.map(({ target }) => target.weight)).size > 1 ? 'weighted' : 'round_robin';
}

function tiersInOrder(members: readonly RouteTarget[]): readonly (readonly RouteTarget[])[] {
  const tiers: RouteTarget[][] = [];
  for (const member of members) {
    const last = tiers.at(-1);
    if (member.target.canaryPercent !== undefined && last !== undefined) last.push(member);
    else tiers.push([member]);
  }
  return tiers;
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
