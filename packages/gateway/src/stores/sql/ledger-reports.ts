import type { Clock } from '../../canonical/clock.ts';
import type { Database } from './database.ts';
import { type CostReport, costColumns, costReport } from './ledger-cost-report.ts';
import { type LatencyReport, latencyReport } from './ledger-latency-report.ts';
import { floorsOf, type LedgerRetention } from './ledger-retention.ts';
import { rollupWidths } from './ledger-rollups.ts';
import { needsKeySums, type SumColumn, type SumFilter } from './ledger-sums.ts';
import { type TokenReport, tokenReport, tokenReportColumns } from './ledger-token-report.ts';
import { readUsage, type UsageAsk, type UsageGrouping } from './ledger-usage-report.ts';
import { divideWindow, parseDuration, type SumWidths } from './ledger-window.ts';

export interface LatencyQuery {
  /** Such as `1h`; see `parseDuration`. */
  readonly window: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** Newest requests to tell one by one; 20 when not given, 1,000 at most. */
  readonly limit?: number | undefined;
  /** 50, 90, 95 and 99 when not given. */
  readonly percentiles?: readonly number[] | undefined;
}

export interface UsageQuery extends Omit<SumFilter, 'outcome'> {
  /** Such as `24h`. */
  readonly window: string;
  /** `provider` when not given. */
  readonly groupBy?: UsageGrouping | undefined;
  /** Costs: every combination of provider, model and tenant. Tokens: their classes in every group. */
  readonly breakdown?: boolean | undefined;
}

/**
 * What the record says of a time up to now. Answers come from sums, and from rows only for less than a minute at the
 * beginning of the window (an hour, where it is about keys, teams or organisations, or where minutes are gone). A window that says no duration throws a
 * `RangeError` whose message is fit for whoever asked.
 */
export interface LedgerReports {
  latency(query: LatencyQuery): Promise<LatencyReport>;
  cost(query: UsageQuery): Promise<CostReport>;
  tokens(query: UsageQuery): Promise<TokenReport>;
}

export interface LedgerReportsInput {
  readonly database: Database;
  readonly clock: Pick<Clock, 'wallNow'>;
  readonly retention: LedgerRetention;
}

const [MINUTE, HOUR, DAY] = rollupWidths;
const MAX_RECENT = 1_000;
const usualPercentiles = [50, 90, 95, 99];

export function createLedgerReports({ database, clock, retention }: LedgerReportsInput): LedgerReports {
  const divide = (window: string, widths: SumWidths) => {
    const now = clock.wallNow();
    const from = Math.max(0, Math.round(now - durationOf(window)));
    return divideWindow({ from, to: undefined }, floorsOf(retention, now), widths);
  };
  const usage = async (query: UsageQuery, columns: readonly SumColumn[]) => {
    const { window, groupBy = 'provider', breakdown = false, ...filter } = query;
    const step = groupBy === 'hour' || (groupBy !== 'day' && durationOf(window) <= 2 * DAY) ? HOUR : DAY;
    const isByKey = needsKeySums([], filter);
    const ask: UsageAsk = {
      columns,
      window,
      parts: divide(window, { narrowest: MINUTE, widest: DAY }),
      keyParts: divide(window, { narrowest: HOUR, widest: DAY }),
      seriesParts: divide(window, { narrowest: isByKey ? HOUR : MINUTE, widest: step }),
      step,
      groupBy,
      filter,
      breakdown,
    };
    return { ask, tables: await readUsage(database, ask) };
  };
  return {
    latency: ({ window, limit = 20, percentiles = usualPercentiles, provider, model }) =>
      latencyReport(database, {
        window,
        parts: divide(window, { narrowest: MINUTE, widest: DAY }),
        limit: Math.min(limit, MAX_RECENT),
        percentiles: percentiles.map(checkedPercentile),
        provider,
        model,
      }),
    async cost(query) {
      const { ask, tables } = await usage(query, costColumns);
      return costReport(ask, tables);
    },
    async tokens(query) {
      const { ask, tables } = await usage(query, tokenReportColumns);
      return tokenReport(ask, tables);
    },
  };
}

function durationOf(window: string): number {
  const duration = parseDuration(window);
  if (duration === undefined) {
    throw new RangeError('The window must be a number with a unit, such as 90s, 15m, 24h, 7d or 2w.');
  }
  return duration;
}

function checkedPercentile(percent: number): number {
  if (percent > 0 && percent <= 100) return percent;
  throw new RangeError('Percentiles must be above 0 and at most 100, such as 50, 95 or 99.9.');
}
