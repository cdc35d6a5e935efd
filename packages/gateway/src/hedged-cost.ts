import type { Clock } from './canonical/clock.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import { useOf } from './ledger/row-of.ts';
import type { PriceOf } from './price-of.ts';
import type { Metrics } from './telemetry/telemetry.ts';

export interface HedgedCostInput {
  readonly clock: Pick<Clock, 'wallNow'>;
  readonly priceOf: PriceOf;
  readonly metrics: Pick<Metrics, 'hedgedCost'>;
}

/** Counts the money that went to attempts which were outrun, as far as their prices are known. */
export function countHedgedCost(entry: LedgerEntry, { clock, metrics, priceOf }: HedgedCostInput): void {
  for (const attempt of entry.attempts) {
    if (!attempt.isOutrun) continue;
    const { cost } = useOf(attempt, clock.wallNow(), priceOf);
    if (cost !== undefined) metrics.hedgedCost(attempt.provider, cost);
  }
}
