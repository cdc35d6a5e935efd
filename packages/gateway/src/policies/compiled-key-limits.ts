import type { Principal, PrincipalLimit } from '../canonical/exchange.ts';
import type { LimitClaim, LimitRule, SlidingWindowRule, WhenStoreIsAway } from '../stores/limit-store.ts';
import type { SlotPool } from '../stores/slot-store.ts';

/** The limits of one principal, as stores are asked for them. */
export interface CompiledKeyLimits {
  readonly pools: readonly SlotPool[];
  /** Those of requests, then those of tokens, whose cost each request has to put in. */
  readonly claims: readonly LimitClaim[];
  readonly requests: readonly LimitClaim[];
  /** Whether they let the last request pass that was counted. */
  isPassing: boolean;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What tells the rule of a day from that of a minute, within its id. */
export const daily = '.day.';

/** The counters of a day, for what was used before there was a limit to count it against. */
export function dayRules(scope: PrincipalLimit['scope']): Readonly<Record<'requests' | 'tokens', SlidingWindowRule>> {
  const rule = (units: string): SlidingWindowRule => ({
    id: `${scope}${daily}${units}`,
    algorithm: 'sliding_window',
    // The claim that comes first says how many are let through.
    limit: 0,
    windowMs: DAY_MS,
  });
  return { requests: rule('requests'), tokens: rule('tokens') };
}

/** Rules and pools are made once for each principal, which is one object for all requests of a key. */
export function keyLimitCompiler(
  whenStoreIsAway: WhenStoreIsAway,
): (limits: NonNullable<Principal['limits']>) => CompiledKeyLimits {
  const known = new WeakMap<readonly PrincipalLimit[], CompiledKeyLimits>();
  const claimOf = (name: string, limit: number | undefined, windowMs: number, key: string): readonly LimitClaim[] => {
    if (limit === undefined) return [];
    const rule: LimitRule = { id: name, algorithm: 'sliding_window', limit, windowMs, whenStoreIsAway };
    return [{ rule, key, cost: 1 }];
  };
  return (limits) => {
    const found = known.get(limits);
    if (found !== undefined) return found;
    const requests = limits.flatMap(({ scope, id, requestsPerDay, requestsPerMinute }) => [
      ...claimOf(`${scope}.requests`, requestsPerMinute, MINUTE_MS, id),
      ...claimOf(`${scope}${daily}requests`, requestsPerDay, DAY_MS, id),
    ]);
    const tokens = limits.flatMap(({ scope, id, tokensPerDay, tokensPerMinute }) => [
      ...claimOf(`${scope}.tokens`, tokensPerMinute, MINUTE_MS, id),
      ...claimOf(`${scope}${daily}tokens`, tokensPerDay, DAY_MS, id),
    ]);
    const compiled: CompiledKeyLimits = {
      pools: limits.flatMap(({ scope, id, maxConcurrent }) =>
        // Whoever has too much under way is told so at once: the queue is the gateway's, not a key's.
        maxConcurrent === undefined
          ? []
          : [{ id: `${scope}:${id}`, isShared: true, whenStoreIsAway, maxConcurrent, maxQueue: 0, timeoutMs: 0 }],
      ),
      claims: [...requests, ...tokens],
      requests,
      isPassing: true,
    };
    known.set(limits, compiled);
    return compiled;
  };
}
