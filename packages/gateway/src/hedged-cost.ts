import type { LedgerEntry } from './canonical/exchange.ts';
import { useOf } from './ledger/row-of.ts';
import type { PriceOf } from './price-of.ts';
import type { Metrics } from './telemetry/telemetry.ts';

/** Counts the money that went to attempts which were outrun, as far as their prices are known. */
export function countHedgedCost(entry: LedgerEntry, priceOf: PriceOf, metrics: Pick<Metrics, 'hedgedCost'>): void {
  for (const attempt of entry.attempts) {
    if (!attempt.isOutrun) continue;
    const { cost } = useOf(attempt, priceOf);
    if (cost !== undefined) metrics.hedgedCost(attempt.provider, cost);
  }
}
