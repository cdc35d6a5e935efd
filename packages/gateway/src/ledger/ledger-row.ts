import type { ExchangeOutcome } from '../canonical/exchange.ts';
import { type TokenCounts, type Usage, usageClasses } from '../canonical/usage.ts';

/** What is true of an exchange from its beginning to its end: who asked for what. */
export interface LedgerSubject {
  /** Id of the exchange as callers see it. A caller may choose it, so that it identifies nothing here. */
  readonly requestId: string;
  readonly operation: string;
  readonly isStream: boolean;
  /** A name fit for logs. */
  readonly principal: string;
  readonly organisation: string | undefined;
  readonly tenant: string | undefined;
  readonly team: string | undefined;
  readonly keyId: string | undefined;
  readonly requestedModel: string | undefined;
  /** The route's own name for the model. */
  readonly modelLabel: string;
  /** Id of the exchange of which this is a copy for a target that is only watched. */
  readonly shadowOf: string | undefined;
}

/** What one attempt used, and what that cost. */
export interface AttemptUse {
  /** Undefined when nothing was used, or nothing is known of it: then `unknownCost` says so. */
  readonly usage: Usage | undefined;
  readonly isEstimated: boolean;
  /** Nano-dollars; undefined when not known, which is not nothing. */
  readonly cost: number | undefined;
  /** Why the cost is not known. */
  readonly unknownCost: string | undefined;
  /** Where the price comes from; undefined where there is none, or none was needed. */
  readonly priceSource: string | undefined;
  /** The tier of service that it is charged in; undefined: the usual one. */
  readonly serviceTier?: string | undefined;
}

/** One attempt of an exchange. */
export interface AttemptRow extends AttemptUse {
  readonly targetId: string;
  readonly provider: string;
  /** The model sent. */
  readonly model: string | undefined;
  /** `ok`, or the failure's kind; `interrupted` when the process died meanwhile. */
  readonly outcome: string;
  readonly status: number;
  readonly durationMs: number;
}

/**
 * What is written down before the first upstream is asked. Should the process die before the exchange ends, it becomes a
 * row that is `interrupted` and costs the estimate.
 */
export interface LedgerIntent extends AttemptUse {
  readonly subject: LedgerSubject;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly targetId: string;
  readonly provider: string;
  readonly targetModel: string | undefined;
}

/** How an exchange ended, as the record tells it; `interrupted` when the process died before its end. */
export type LedgerOutcome = ExchangeOutcome | 'interrupted';

/** Every way in which an exchange ends. */
export const ledgerOutcomes = [
  'completed',
  'failed',
  'client_closed',
  'rejected',
  'interrupted',
] as const satisfies readonly LedgerOutcome[];

/** The facts of one exchange, as they are kept for ever after. Sums over it are those of its attempts. */
export interface LedgerRow {
  readonly subject: LedgerSubject;
  /** When it ended, in milliseconds since 1970. The hour and the day that it counts for are those of its end. */
  readonly endedAt: number;
  readonly outcome: LedgerOutcome;
  /** Status the caller got; 499 when it left first, 0 when not known. */
  readonly status: number;
  readonly failure: string | undefined;
  /** Of the target that answered, or the last one asked. */
  readonly provider: string | undefined;
  readonly targetId: string | undefined;
  readonly targetModel: string | undefined;
  readonly responseModel: string | undefined;
  /** Another exchange made the upstream call; this one used and cost nothing. */
  readonly isShared: boolean;
  readonly recovered: string | undefined;
  readonly durationMs: number;
  /** Undefined when no byte went out. */
  readonly firstByteMs: number | undefined;
  readonly queuedMs: number;
  readonly overheadMs: number;
  readonly attempts: readonly AttemptRow[];
}

const countNames = ['input', 'output', ...usageClasses] as const;

/**
 * A usage of its counts: input, output, then those of `usageClasses` in their order; the last ones may be absent.
 */
export function usageOf(counts: readonly number[]): Usage {
  const usage: { -readonly [Name in keyof TokenCounts]: number } = { input: counts[0] ?? 0, output: counts[1] ?? 0 };
  for (let index = 2; index < countNames.length; index++) {
    const count = counts[index] ?? 0;
    if (count !== 0) usage[countNames[index]!] = count;
  }
  return usage;
}
