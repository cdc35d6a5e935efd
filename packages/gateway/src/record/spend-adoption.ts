import type { Clock } from '../canonical/clock.ts';
import type { BudgetScope } from '../stores/budget-store.ts';
import type { SpendAmount, SpendClaim, SpendStore } from '../stores/spend-store.ts';
import { windowStart } from '../stores/spend-window.ts';
import type { Database } from '../stores/sql/database.ts';
import { readSpent, type SpentSum } from '../stores/sql/spent-sums.ts';
import { readUsedTokens, type UsedTokens } from '../stores/sql/used-tokens.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { BudgetDirectory, HeldBudget } from './budget-directory.ts';
import { pagesOf } from './pages-of.ts';
import type { HeldTokenBudget, TokenBudgetDirectory } from './token-budget-directory.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface SpendAdoptionInput {
  readonly budgets: BudgetDirectory;
  readonly tokenBudgets: TokenBudgetDirectory;
  readonly database: Database;
  readonly store: Pick<SpendStore, 'adopt' | 'tellReached'>;
  /** Every name that leads to a model now, itself among them. */
  readonly namesOf: (model: string) => readonly string[];
  /** Brings what is written down, but not in the database yet, there. Never rejects. */
  readonly drainLedger: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two looks at the ledger; longer where a look takes long, so that it never is at work half the time. */
const PAUSE_MS = 60_000;
const PAUSE_FACTOR = 20;
/** Milliseconds that a start and a change wait for the ledger at most. */
const WAIT_MS = 5_000;
/** Models that one statement asks for. */
const MODELS_AT_ONCE = 200;
/** Sums that are read at once: they take some 20 MB. */
const SUMS_AT_ONCE = 100_000;
/** Counters that are looked at in one go. */
const CLAIMS_AT_ONCE = 1_000;

/**
 * Keeps the counters of budgets with what the ledger says: after a start, which forgot them; before a new budget holds;
 * and from time to time, because other gateways over the same database spend, too, and what a process that died had
 * begun is only told by the ledger. Thresholds that are reached by it, or by another cap, are told of: where a budget is hard,
 * no request is let through that would.
 */
export class SpendAdoption {
  readonly #input: SpendAdoptionInput;
  #cancelNext = (): void => {};
  #isClosed = false;

  constructor(input: SpendAdoptionInput) {
    this.#input = input;
    input.budgets.beforeUse((budgets) => waitAtMost(input.clock, WAIT_MS, this.#adopt(budgets)));
    input.budgets.afterChange((budgets) => this.#tellReached(budgets.map(({ claim }) => claim)));
    input.tokenBudgets.beforeUse((budgets) => waitAtMost(input.clock, WAIT_MS, this.#adoptTokens(budgets)));
  }

  /** Begins: returns when the ledger has been read once, or takes too long. */
  async start(): Promise<void> {
    const { budgets, database, tokenBudgets } = this.#input;
    if (budgets.held.length + tokenBudgets.held.length > 0) database.expectReport();
    await waitAtMost(this.#input.clock, WAIT_MS, this.#round());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelNext();
  }

  async #round(): Promise<void> {
    const { budgets, clock, drainLedger, tokenBudgets } = this.#input;
    const startedAt = clock.now();
    await drainLedger();
    this.#tellReached(await this.#adopt(budgets.held));
    await this.#adoptTokens(tokenBudgets.held);
    if (this.#isClosed) return;
    const pause = Math.max(PAUSE_MS, (clock.now() - startedAt) * PAUSE_FACTOR);
    this.#cancelNext = clock.schedule(() => void this.#round(), pause);
  }

  #tellReached(claims: readonly SpendClaim[]): void {
    for (const some of pagesOf(claims, CLAIMS_AT_ONCE)) this.#input.store.tellReached(some);
  }

  /** The claims of which something is spent. Never rejects. */
  async #adopt(budgets: readonly HeldBudget[]): Promise<readonly SpendClaim[]> {
    const { clock, database, log, namesOf, store } = this.#input;
    const now = clock.wallNow();
    const spent: SpendAmount[] = [];
    try {
      for (const group of groupsOf(budgets, now)) {
        const namesBy = new Map(group.models.map((model) => [model, namesOf(model)]));
        const names = [...new Set([...namesBy.values()].flat())];
        const sums = readSpent(database, { ...group, names, now, rowsAtOnce: SUMS_AT_ONCE });
        const amounts = await amountsOf(group, sums, namesBy);
        if (this.#isClosed) return [];
        store.adopt(amounts);
        spent.push(...amounts);
      }
    } catch (error) {
      if (!this.#isClosed) log.warn('budget', `What is spent was not read from the ledger: ${String(error)}`);
    }
    return spent;
  }

  /** Never rejects. */
  async #adoptTokens(budgets: readonly HeldTokenBudget[]): Promise<void> {
    const { clock, database, log, store } = this.#input;
    const bySince = new Map<number, HeldTokenBudget[]>();
    for (const budget of budgets) {
      const group = bySince.get(budget.since);
      if (group === undefined) bySince.set(budget.since, [budget]);
      else group.push(budget);
    }
    try {
      for (const [since, group] of bySince) {
        const keyId = group.length === 1 ? group[0]!.keyId : undefined;
        const ask = { since, keyId, now: clock.wallNow(), rowsAtOnce: SUMS_AT_ONCE };
        const amounts = await tokenAmountsOf(group, readUsedTokens(database, ask));
        if (this.#isClosed) return;
        store.adopt(amounts);
      }
    } catch (error) {
      if (!this.#isClosed) log.warn('budget', `Tokens that keys used were not read from the ledger: ${String(error)}`);
    }
  }
}

/** Budgets whose spending one statement reads. */
interface BudgetGroup {
  readonly scope: BudgetScope;
  readonly from: number;
  /** Empty: the budgets are of all models. */
  readonly models: readonly string[];
  readonly budgets: readonly HeldBudget[];
}

function groupsOf(budgets: readonly HeldBudget[], now: number): readonly BudgetGroup[] {
  const groups = new Map<string, HeldBudget[]>();
  for (const held of budgets) {
    const { model, period, scope } = held.budget;
    const key = `${scope} ${period} ${model === ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [held]);
    else group.push(held);
  }
  return [...groups.values()].flatMap((group) => {
    const { budget, claim } = group[0]!;
    const base = { scope: budget.scope, from: windowStart(claim.cap.window, now), budgets: group };
    const models = [...new Set(group.map((held) => held.budget.model))].filter((model) => model !== '');
    if (models.length === 0) return [{ ...base, models }];
    return Array.from({ length: Math.ceil(models.length / MODELS_AT_ONCE) }, (_, index) => ({
      ...base,
      models: models.slice(index * MODELS_AT_ONCE, (index + 1) * MODELS_AT_ONCE),
    }));
  });
}

/** Of many owners that spent something few may have a budget: only what these spent is kept. */
async function amountsOf(
  { budgets, from }: BudgetGroup,
  sums: AsyncIterable<SpentSum>,
  namesBy: ReadonlyMap<string, readonly string[]>,
): Promise<readonly SpendAmount[]> {
  const byName = new Map<string, SpendClaim[]>();
  const unnamed = new Map(budgets.map(({ budget, claim }) => [`${budget.scopeId}\n${budget.model}`, claim]));
  for (const { budget, claim } of budgets) {
    for (const name of namesBy.get(budget.model) ?? []) {
      const key = `${budget.scopeId}\n${name}`;
      byName.set(key, [...(byName.get(key) ?? []), claim]);
    }
  }
  const spent = new Map<SpendClaim, number>();
  for await (const { isNamed, model, nanos, owner } of sums) {
    const key = `${owner}\n${model}`;
    const own = unnamed.get(key);
    const claims = isNamed ? (byName.get(key) ?? []) : own === undefined ? [] : [own];
    for (const claim of claims) spent.set(claim, (spent.get(claim) ?? 0) + nanos);
  }
  return [...spent].filter(([, nanos]) => nanos > 0).map(([claim, nanos]) => ({ ...claim, start: from, nanos }));
}

async function tokenAmountsOf(
  budgets: readonly HeldTokenBudget[],
  used: AsyncIterable<UsedTokens>,
): Promise<readonly SpendAmount[]> {
  const byKey = new Map(budgets.map(({ claim, keyId }) => [keyId, claim]));
  const amounts: SpendAmount[] = [];
  for await (const { keyId, tokens } of used) {
    const claim = byKey.get(keyId);
    if (claim !== undefined) amounts.push({ ...claim, start: 0, nanos: tokens });
  }
  return amounts;
}
