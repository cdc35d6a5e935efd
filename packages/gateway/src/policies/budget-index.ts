import type { Principal } from '../canonical/exchange.ts';
import type { Budget, BudgetPeriod } from '../stores/budget-store.ts';
import type { WhenStoreIsAway } from '../stores/limit-store.ts';
import type { SpendCap } from '../stores/spend-store.ts';
import type { SpendWindow } from '../stores/spend-window.ts';
import type { BudgetsOf, ModelClaim, OwnBudgets } from './budget.ts';

/** Which budgets hold for whom, compiled from all of them. Made anew when a budget changes; counters stay. */
export function createBudgetIndex(budgets: readonly Budget[], whenStoreIsAway: WhenStoreIsAway): BudgetsOf {
  const byOwner = new Map<string, ModelClaim[]>();
  for (const budget of budgets) {
    if (!budget.isActive) continue;
    const owner = `${budget.scope} ${budget.scopeId}`;
    // Without a model, it is of all together.
    const scoped = { model: budget.model, claim: { cap: capOf(budget, whenStoreIsAway), key: '' } };
    const known = byOwner.get(owner);
    if (known === undefined) byOwner.set(owner, [scoped]);
    else known.push(scoped);
  }
  if (byOwner.size === 0) return () => noBudgetsOf;
  // A principal is one object for all requests of a key.
  const known = new WeakMap<Principal, OwnBudgets>();
  return (principal) => {
    let own = known.get(principal);
    if (own === undefined) {
      own = ownBudgets(byOwner, principal);
      known.set(principal, own);
    }
    return own;
  };
}

/** The cap that counts a budget. Amounts beyond what numbers hold exactly are the largest they do. */
export function capOf(budget: Budget, whenStoreIsAway: WhenStoreIsAway): SpendCap {
  return {
    id: budget.id,
    window: windowOf(budget.period),
    capNanos: Number(budget.capNanos < largest ? budget.capNanos : largest),
    isHard: budget.isHard,
    thresholds: budget.thresholds.toSorted((a, b) => a - b),
    whenStoreIsAway,
  };
}

const largest = BigInt(Number.MAX_SAFE_INTEGER);

/** Nothing is limited. */
export const noBudgetsOf: OwnBudgets = { ofAll: [], ofModels: [] };

function ownBudgets(
  byOwner: ReadonlyMap<string, readonly ModelClaim[]>,
  { organisation, otherOrganisation, team, tenant, keyId, kind }: Principal,
): OwnBudgets {
  // A tenant that no key vouches for is a claim of the caller's, and would spend somebody else's budget.
  const vouched = kind === 'key' ? tenant : undefined;
  const owners = [
    'global ',
    organisation !== undefined && `organisation ${organisation}`,
    otherOrganisation !== undefined && `organisation ${otherOrganisation}`,
    team !== undefined && `team ${team}`,
    vouched !== undefined && `tenant ${vouched}`,
    keyId !== undefined && `key ${keyId}`,
  ];
  const all = owners.flatMap((owner) => (owner === false ? [] : (byOwner.get(owner) ?? [])));
  return {
    ofAll: all.filter(({ model }) => model === '').map(({ claim }) => claim),
    ofModels: all.filter(({ model }) => model !== ''),
  };
}

function windowOf(period: BudgetPeriod): SpendWindow {
  return period === 'total' ? { kind: 'total' } : { kind: 'calendar', period };
}
