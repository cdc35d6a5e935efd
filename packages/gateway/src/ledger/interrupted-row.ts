import type { AttemptRow, LedgerIntent, LedgerRow } from './ledger-row.ts';

/**
 * The row of an exchange whose process died before its end: what it used and cost is what was expected of it. `at` is
 * the last that is known of the process, in milliseconds since 1970.
 */
export function interruptedRow(intent: LedgerIntent, at: number): LedgerRow {
  const { subject, startedAt, targetId, provider, targetModel, usage } = intent;
  const endedAt = Math.max(at, startedAt);
  const durationMs = endedAt - startedAt;
  const attempt: AttemptRow = {
    targetId,
    provider,
    model: targetModel,
    outcome: 'interrupted',
    status: 0,
    durationMs,
    usage,
    // Nobody reported it, whatever the intent says.
    isEstimated: intent.isEstimated || usage !== undefined,
    cost: intent.cost,
    unknownCost: intent.unknownCost,
    priceSource: intent.priceSource,
    serviceTier: intent.serviceTier,
  };
  return {
    subject,
    endedAt,
    outcome: 'interrupted',
    status: 0,
    failure: 'interrupted',
    provider,
    targetId,
    targetModel,
    responseModel: undefined,
    isShared: false,
    recovered: undefined,
    durationMs,
    firstByteMs: undefined,
    queuedMs: 0,
    overheadMs: 0,
    attempts: [attempt],
  };
}
