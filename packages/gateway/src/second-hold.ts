import type { Exchange } from './exchange.ts';
import type { BudgetHold } from './policies/budget.ts';
import type { TokenBudgets } from './policies/token-budget.ts';
import { estimatedTokens } from './request-facts.ts';
import type { SpendReservation } from './stores/spend-store.ts';

/** What an exchange may use besides what is set aside for it. */
export interface MoreUse {
  readonly tokens: number;
  /** Undefined: as much as is set aside for it. */
  readonly nanos: number | undefined;
}

/** What is set aside for an attempt besides another one. */
export interface SecondHold {
  /** The attempt begins: what is set aside for it stays so until the exchange is settled. */
  keep(): void;
  /** It does not. */
  release(): void;
}

/**
 * Sets more aside than an exchange has: as much once more, unless told otherwise. Throws what budgets refuse with, and then
 * nothing more is set aside than before. Tokens and money are asked for at the same time: an attempt waits for one answer.
 */
export async function holdSecond(exchange: Exchange, budgets: TokenBudgets, use?: MoreUse): Promise<SecondHold> {
  const { principal } = exchange;
  const tokens = use?.tokens ?? estimatedTokens(exchange);
  // Of a budget whose last is set aside for this exchange nothing can be had, not even nothing.
  const tokenHold = tokens === 0 ? undefined : exchange.tokenHold;
  const budgetHold = use?.nanos === 0 ? undefined : exchange.budgetHold;
  const asked = await Promise.allSettled([
    (async () => tokenHold && budgets.reserveMore(principal, tokens))(),
    (async () => budgetHold?.again(use?.nanos))(),
  ]);
  const [ofTokens, ofMoney] = asked;
  const release = (): void => {
    for (const one of asked) if (one.status === 'fulfilled') one.value?.release();
  };
  if (ofTokens.status === 'fulfilled' && ofMoney.status === 'fulfilled') {
    return { keep: () => keep(exchange, ofTokens.value, ofMoney.value), release };
  }
  release();
  throw ofTokens.status === 'rejected' ? ofTokens.reason : (ofMoney as PromiseRejectedResult).reason;
}

/** All attempts are counted together, where the first is: the second only had to find room. */
function keep(exchange: Exchange, ofTokens: SpendReservation | undefined, ofMoney: SpendReservation | undefined): void {
  const { budgetHold, tokenHold } = exchange;
  if (tokenHold && ofTokens) exchange.tokenHold = bothOfTokens(tokenHold, ofTokens);
  if (budgetHold && ofMoney) exchange.budgetHold = bothOfMoney(budgetHold, ofMoney);
}

function bothOfTokens(first: SpendReservation, second: SpendReservation): SpendReservation {
  return {
    verdict: first.verdict,
    settle(used) {
      first.settle(used);
      second.release();
    },
    release() {
      first.release();
      second.release();
    },
  };
}

function bothOfMoney(first: BudgetHold, second: SpendReservation): BudgetHold {
  return {
    settle(cost) {
      first.settle(cost);
      second.release();
    },
    again: (nanos) => first.again(nanos),
  };
}
