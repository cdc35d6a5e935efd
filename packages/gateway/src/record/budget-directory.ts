import type { BudgetsOf } from '../policies/budget.ts';
import { capOf, createBudgetIndex, noBudgetsOf } from '../policies/budget-index.ts';
import type { Budget } from '../stores/budget-store.ts';
import type { Collection } from '../stores/collection.ts';
import type { WhenStoreIsAway } from '../stores/limit-store.ts';
import type { SpendClaim } from '../stores/spend-store.ts';
import { listAll } from './list-all.ts';

/** A budget that holds, with the claim that counts it. */
export interface HeldBudget {
  readonly budget: Budget;
  readonly claim: SpendClaim;
}

/** Hears of the budgets that are about to hold, and may take its time. Must not reject. */
export type BeforeBudgets = (budgets: readonly HeldBudget[]) => Promise<void>;

/** Hears of budgets that hold from now on, and did not before, or with other caps. */
export type AfterBudgets = (budgets: readonly HeldBudget[]) => void;

/** The budgets of the record, remembered, so that a request need not ask for them. */
export class BudgetDirectory {
  readonly #store: Pick<Collection<Budget>, 'list'>;
  readonly #whenStoreIsAway: WhenStoreIsAway;
  #index: BudgetsOf = () => noBudgetsOf;
  #held: ReadonlyMap<string, HeldBudget> = new Map();
  #before: BeforeBudgets | undefined;
  #after: AfterBudgets = () => {};
  #loading: Promise<void> = Promise.resolve();

  constructor(store: Pick<Collection<Budget>, 'list'>, whenStoreIsAway: WhenStoreIsAway) {
    this.#store = store;
    this.#whenStoreIsAway = whenStoreIsAway;
  }

  /** The budgets that hold for whoever asks. */
  readonly budgetsOf: BudgetsOf = (principal) => this.#index(principal);

  /** All that hold. */
  get held(): readonly HeldBudget[] {
    return [...this.#held.values()];
  }

  /** Undefined where there is none that holds. */
  find(id: string): Budget | undefined {
    return this.#held.get(id)?.budget;
  }

  /** Names who has to know of budgets before they hold. */
  beforeUse(listener: BeforeBudgets): void {
    this.#before = listener;
  }

  /** Names who has to know of budgets that are new, or have other caps, once they hold. */
  afterChange(listener: AfterBudgets): void {
    this.#after = listener;
  }

  /** Reads all budgets anew; when it returns, requests are held to them. Rejects while the record is away. */
  load(): Promise<void> {
    return this.#next(async () => this.#hold(await listAll(this.#store), this.#whenStoreIsAway));
  }

  /** Holds requests to budgets that were not read from the record, which cannot say what is spent of them either. */
  takeOver(budgets: readonly Budget[]): Promise<void> {
    return this.#next(() => this.#hold(budgets, 'closed'));
  }

  #next(work: () => Promise<void>): Promise<void> {
    const loading = this.#loading.then(work);
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  async #hold(budgets: readonly Budget[], whenStoreIsAway: WhenStoreIsAway): Promise<void> {
    const active = budgets.filter(({ isActive }) => isActive);
    const held = active.map((budget) => ({ budget, claim: { cap: capOf(budget, whenStoreIsAway), key: '' } }));
    await this.#before?.(held);
    const known = this.#held;
    this.#held = new Map(held.map((one) => [one.budget.id, one]));
    this.#index = createBudgetIndex(active, whenStoreIsAway);
    const changed = held.filter(({ budget }) => !hasSameCap(budget, known.get(budget.id)?.budget));
    if (changed.length > 0) this.#after(changed);
  }
}

function hasSameCap({ capNanos, thresholds }: Budget, known: Budget | undefined): boolean {
  return known !== undefined && capNanos === known.capNanos && thresholds.join() === known.thresholds.join();
}
