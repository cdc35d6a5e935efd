import type { TokenBudget } from '../canonical/exchange.ts';
import { tokenClaimOf } from '../policies/token-budget.ts';
import type { KeyStore } from '../stores/key-store.ts';
import type { WhenStoreIsAway } from '../stores/limit-store.ts';
import type { SpendClaim } from '../stores/spend-store.ts';

/** A key's budget of tokens, with the claim that counts it. */
export interface HeldTokenBudget extends TokenBudget {
  readonly keyId: string;
  readonly claim: SpendClaim;
}

/** Hears of budgets that were not counted before, and may take its time. Must not reject. */
export type BeforeTokenBudgets = (budgets: readonly HeldTokenBudget[]) => Promise<void>;

/** Which keys have a budget of tokens, for those who keep their counters with the ledger. */
export class TokenBudgetDirectory {
  readonly #keys: Pick<KeyStore, 'tokenBudgets'>;
  readonly #whenStoreIsAway: () => WhenStoreIsAway;
  #held: ReadonlyMap<string, HeldTokenBudget> = new Map();
  #before: BeforeTokenBudgets | undefined;
  #loading: Promise<void> = Promise.resolve();

  constructor(keys: Pick<KeyStore, 'tokenBudgets'>, whenStoreIsAway: () => WhenStoreIsAway) {
    this.#keys = keys;
    this.#whenStoreIsAway = whenStoreIsAway;
  }

  get held(): readonly HeldTokenBudget[] {
    return [...this.#held.values()];
  }

  /** Names who has to know of budgets before they hold. */
  beforeUse(listener: BeforeTokenBudgets): void {
    this.#before = listener;
  }

  /** The counter of a key's budget. */
  claimOf(keyId: string, budget: TokenBudget): SpendClaim {
    return tokenClaimOf(keyId, budget, this.#whenStoreIsAway());
  }

  /** Reads anew which keys have one. Rejects while the record is away. */
  load(): Promise<void> {
    const loading = this.#loading.then(() => this.#load());
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  async #load(): Promise<void> {
    const budgets = await this.#keys.tokenBudgets();
    const held = budgets.map(({ id, since, tokens }): HeldTokenBudget => {
      return { keyId: id, since, tokens, claim: this.claimOf(id, { since, tokens }) };
    });
    // What counts already goes on from where it is; only another beginning makes another counter.
    const fresh = held.filter(({ keyId, since }) => this.#held.get(keyId)?.since !== since);
    if (fresh.length > 0) await this.#before?.(fresh);
    this.#held = new Map(held.map((one) => [one.keyId, one]));
  }
}
