import { type AttemptRecord, type LedgerEntry, wasAsked } from '../canonical/exchange.ts';
import type { Usage } from '../canonical/usage.ts';
import { costOf, estimatedCostOf } from '../pricing/cost-of.ts';
import type { ModelPrices } from '../pricing/model-facts.ts';
import type { AttemptRow, AttemptUse, LedgerRow, LedgerSubject } from './ledger-row.ts';

/** What a model costs at the moment, and who says so. */
export interface LedgerPrice {
  readonly prices: ModelPrices | undefined;
  readonly source: string | undefined;
}

/** An attempt with what is known of its use; what was computed before, for a budget, is not computed again. */
export type SettledAttempt = AttemptRecord & Partial<Pick<AttemptUse, 'cost' | 'unknownCost' | 'priceSource'>>;

export interface RowInput {
  readonly entry: Omit<LedgerEntry, 'attempts'> & { readonly attempts: readonly SettledAttempt[] };
  /** The very object that its beginning was written down with, where there was one. */
  readonly subject: LedgerSubject;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  readonly priceOf: (attempt: SettledAttempt, at: number) => LedgerPrice;
}

/**
 * The row of an exchange that ended. Each attempt answers for what it used itself, reported or estimated. Where that or a
 * price is not known, the cost is not known, and the row says why.
 */
export function rowOf({ entry, subject, endedAt, priceOf }: RowInput): LedgerRow {
  return {
    subject,
    endedAt,
    outcome: entry.outcome,
    status: entry.status,
    failure: entry.failure,
    provider: entry.provider,
    targetId: entry.targetId,
    targetModel: entry.targetModel ?? entry.attempts.at(-1)?.upstreamModel,
    responseModel: entry.responseModel,
    isShared: entry.isShared === true,
    recovered: entry.recovered,
    durationMs: entry.durationMs,
    firstByteMs: entry.firstByteMs,
    queuedMs: entry.queuedMs,
    overheadMs: entry.overheadMs,
    // Who got the answer of another has asked nobody.
    attempts: entry.isShared === true ? [] : attemptRows(entry, endedAt, priceOf),
  };
}

function attemptRows({ attempts }: RowInput['entry'], at: number, priceOf: RowInput['priceOf']): AttemptRow[] {
  const rows: AttemptRow[] = [];
  for (const attempt of attempts) if (wasAsked(attempt)) rows.push(attemptRow(attempt, useOf(attempt, at, priceOf)));
  return rows;
}

function attemptRow(attempt: SettledAttempt, use: AttemptUse): AttemptRow {
  return {
    targetId: attempt.targetId,
    provider: attempt.provider,
    model: attempt.upstreamModel,
    outcome: attempt.outcome,
    status: attempt.status,
    durationMs: attempt.durationMs,
    usage: use.usage,
    isEstimated: use.isEstimated,
    cost: use.cost,
    unknownCost: use.unknownCost,
    priceSource: use.priceSource,
    serviceTier: use.serviceTier,
  };
}

/** What an attempt used, and what that cost at its price at a moment, in milliseconds since 1970. */
export function useOf(attempt: SettledAttempt, at: number, priceOf: RowInput['priceOf']): AttemptUse {
  const { cost, unknownCost, usage } = attempt;
  if (cost !== undefined || unknownCost !== undefined) {
    const { isEstimated = false, priceSource, serviceTier } = attempt;
    return { usage, isEstimated, cost, unknownCost, priceSource, serviceTier };
  }
  if (usage === undefined && attempt.isUseUnknown !== true) return unused;
  const { answeredBy, serviceTier } = attempt;
  const isEstimated = attempt.isEstimated === true;
  if (answeredBy === undefined) return priced({ usage, isEstimated, price: priceOf(attempt, at), serviceTier });
  const uses = answeredBy.map((upstreamModel) =>
    priced({ usage, isEstimated, price: priceOf({ ...attempt, upstreamModel }, at), serviceTier }),
  );
  return uses.reduce((dearest, use) => ((use.cost ?? -1) > (dearest.cost ?? -1) ? use : dearest));
}

const unused: AttemptUse = {
  usage: undefined,
  isEstimated: false,
  cost: 0,
  unknownCost: undefined,
  priceSource: undefined,
  serviceTier: undefined,
};

export interface PricedInput {
  readonly usage: Usage | undefined;
  readonly isEstimated: boolean;
  readonly price: LedgerPrice;
  /** As `chargedTier` names it. */
  readonly serviceTier: string | undefined;
}

/** What a usage costs at a price, with the reason where that is not known. */
export function priced({ usage, isEstimated, price, serviceTier }: PricedInput): AttemptUse {
  const { prices, source } = price;
  const isReported = usage === undefined || !isEstimated;
  const cost = isReported ? costOf(usage, prices, serviceTier) : estimatedCostOf(usage, prices, serviceTier);
  const priceSource = serviceTier === undefined ? source : (prices?.tiers?.[serviceTier]?.source ?? source);
  return cost.nanoDollars === undefined
    ? { usage, isEstimated, cost: undefined, unknownCost: cost.reason, priceSource, serviceTier }
    : { usage, isEstimated, cost: cost.nanoDollars, unknownCost: undefined, priceSource, serviceTier };
}
