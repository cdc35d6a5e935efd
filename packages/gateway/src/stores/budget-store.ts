import type { Collection, StoredItem } from './collection.ts';

/** Whose spending is counted: everyone's, or that of one organisation, team, tenant or key. */
export type BudgetScope = 'global' | 'organisation' | 'team' | 'tenant' | 'key';

/** How long money is counted before it begins at nothing again; calendar periods of UTC, `total` never. */
export type BudgetPeriod = 'hour' | 'day' | 'week' | 'month' | 'total';

/** What may be spent in a period. Several may hold for one request. */
export interface Budget extends StoredItem {
  readonly name: string;
  readonly scope: BudgetScope;
  /** Id of whom the scope names; empty for `global`. */
  readonly scopeId: string;
  /** The model, by the name a caller gives; empty for all together. */
  readonly model: string;
  readonly period: BudgetPeriod;
  /** Nano-dollars. */
  readonly capNanos: bigint;
  /** Shares of the cap in percent at which somebody is told, ascending. */
  readonly thresholds: readonly number[];
  /** Whether requests are refused when it is spent; otherwise it only tells. */
  readonly isHard: boolean;
  readonly isActive: boolean;
}

/** One period of one budget. */
export interface BudgetSpan {
  readonly budgetId: string;
  /** Its beginning, in milliseconds since 1970; 0 for `total`. */
  readonly periodStart: number;
}

/**
 * Keeps budgets. Two of the same scope, model and period are `already_exists`, one of somebody who does not exist is
 * `invalid_request`.
 */
export interface BudgetStore extends Collection<Budget> {
  /**
   * Notes that thresholds up to this one are told of, and answers with the highest that was noted before, 0 for none:
   * who asks is to tell of those above it. Undefined: somebody else is, or was. Earlier periods of the budget are
   * forgotten.
   */
  markAlerted(span: BudgetSpan, percent: number): Promise<number | undefined>;
}
