import type { Usage } from '../../canonical/usage.ts';
import type { AttemptUse } from '../../ledger/ledger-row.ts';

/** Columns of tokens, in this order wherever they are. */
export const tokenColumns = [
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'cache_write_hour_tokens',
  'reasoning_tokens',
  'audio_input_tokens',
  'audio_output_tokens',
  'image_input_tokens',
  'image_output_tokens',
] as const;

/** Values of the columns of tokens; nothing where nothing was used. */
export function tokenCounts(usage: Usage | undefined): readonly number[] {
  if (usage === undefined) return none;
  return [
    usage.input,
    usage.output,
    usage.cachedInput ?? 0,
    usage.cacheWriteInput ?? 0,
    usage.cacheWriteHourInput ?? 0,
    usage.reasoning ?? 0,
    usage.audioInput ?? 0,
    usage.audioOutput ?? 0,
    usage.imageInput ?? 0,
    usage.imageOutput ?? 0,
  ];
}

const none: readonly number[] = tokenColumns.map(() => 0);

/** What all attempts of an exchange used together. */
export interface LedgerTotals {
  /** In the order of `tokenColumns`. */
  readonly tokens: readonly number[];
  /** At least one attempt's usage is estimated. */
  readonly isEstimated: boolean;
  /** Nano-dollars of the attempts whose cost is known; undefined when it is known of none of those that used anything. */
  readonly cost: number | undefined;
  /** Why the cost of an attempt is not known, of the first such. */
  readonly unknownCost: string | undefined;
  readonly priceSource: string | undefined;
  /** Of the last attempt. */
  readonly serviceTier: string | undefined;
}

export function totalsOf(attempts: readonly AttemptUse[]): LedgerTotals {
  let tokens = none;
  let isEstimated = false;
  let cost: number | undefined;
  let unknownCost: string | undefined;
  let priceSource: string | undefined;
  let serviceTier: string | undefined;
  for (const attempt of attempts) {
    const counts = tokenCounts(attempt.usage);
    const before = tokens;
    tokens = before === none ? counts : before.map((count, index) => count + counts[index]!);
    isEstimated ||= attempt.isEstimated;
    if (attempt.cost !== undefined) cost = (cost ?? 0) + attempt.cost;
    unknownCost ??= attempt.unknownCost;
    priceSource = attempt.priceSource ?? priceSource;
    serviceTier = attempt.serviceTier;
  }
  // Where nothing was asked, or nothing used, the cost is known to be nothing.
  cost = unknownCost === undefined ? (cost ?? 0) : cost;
  return { tokens, isEstimated, cost, unknownCost, priceSource, serviceTier };
}
