import { randomUUID } from 'node:crypto';
import type { Clock } from '../canonical/clock.ts';
import type { BudgetsConfig } from '../config/gateway-config.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createBudgetAlert } from '../policies/budget-alert.ts';
import { createSpecialAddresses } from '../policies/special-addresses.ts';
import type { OnCrossing, SpendCrossing, SpendStore } from '../stores/spend-store.ts';
import type { Log, Metrics } from '../telemetry/telemetry.ts';
import { createWebhookSender } from '../transport/webhook-sender.ts';
import type { GatewayRecord } from './gateway-record.ts';
import { SpendAdoption, type SpendAdoptionInput } from './spend-adoption.ts';

export interface OpenBudgetsInput {
  /** Undefined: there are no budgets. */
  readonly record: GatewayRecord | undefined;
  readonly config: BudgetsConfig | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What is around budgets in a process that counts what is spent of them. */
export interface OpenBudgets {
  /** Tells of thresholds: log, metrics, audit log and webhooks. For the store that counts. */
  readonly onCrossing: OnCrossing;
  /**
   * Keeps a store with what the ledger says. Of the processes that share one store's counters, one does it. Returns when
   * the ledger was read, or takes too long.
   */
  readonly keep: (input: KeptBudgets) => Promise<void>;
  /** Writes into the metrics what is spent now. Never rejects. */
  readonly report: () => Promise<void>;
  /** Before the record is closed. */
  readonly close: () => Promise<void>;
}

/** What is kept with the ledger, once routes are known: they are asked for after the call has returned. */
export type KeptBudgets = Pick<SpendAdoptionInput, 'namesOf'> & {
  readonly store: SpendStore;
  readonly ledger: Ledger | undefined;
};

const usualTimeoutMs = 5_000;

export function openBudgets(input: OpenBudgetsInput): OpenBudgets | undefined {
  const { clock, config, log, metrics, record } = input;
  if (record === undefined) return undefined;
  const warn = (text: string): void => log.warn('budget', text);
  const sender = createWebhookSender({
    clock,
    random: Math.random,
    isForbidden: createSpecialAddresses(),
    allowedHosts: new Set(config?.webhookAllowedHosts ?? []),
    timeoutMs: config?.webhookTimeoutMs ?? usualTimeoutMs,
    onGivenUp: warn,
  });
  const onCrossing = createBudgetAlert({
    webhooks: config?.webhooks ?? [],
    sender,
    budgetOf: (id) => record.budgets.find(id),
    clock,
    id: randomUUID,
    onAlert: (text, crossing) => {
      warn(text);
      metrics.budgets.alert(crossing.cap.id);
      noteCrossing(record, crossing);
    },
    onDropped: warn,
    claimAlert: ({ cap, percent, start }) =>
      record.stores.budgets.markAlerted({ budgetId: cap.id, periodStart: start }, percent),
  });
  let kept: SpendStore | undefined;
  let adoption: SpendAdoption | undefined;
  return {
    onCrossing,
    async keep({ ledger, namesOf, store }) {
      kept = store;
      const drainLedger = async (): Promise<void> => ledger?.drain();
      adoption = new SpendAdoption({
        budgets: record.budgets,
        tokenBudgets: record.tokenBudgets,
        database: record.database,
        store,
        namesOf,
        drainLedger,
        clock,
        log,
      });
      await adoption.start();
    },
    async report() {
      if (kept !== undefined) await report(record, kept, metrics).catch((error: unknown) => warn(String(error)));
    },
    async close() {
      adoption?.close();
      await sender.close();
    },
  };
}

async function report({ budgets }: GatewayRecord, store: SpendStore, metrics: Metrics): Promise<void> {
  const held = budgets.held;
  const readings = await store.read(held.map(({ claim }) => claim));
  metrics.budgets.set(
    held.map(({ claim: { cap } }, index) => ({
      id: cap.id,
      capNanos: cap.capNanos,
      spentNanos: readings[index]!.spentNanos,
      reservedNanos: readings[index]!.reservedNanos,
    })),
  );
}

function noteCrossing({ audit, budgets }: GatewayRecord, { cap, percent, spentNanos, start }: SpendCrossing): void {
  const budget = budgets.find(cap.id);
  void audit.keep({
    kind: 'budget.threshold_reached',
    actor: 'system',
    outcome: 'success',
    subject: cap.id,
    tenantId: budget?.scope === 'tenant' ? budget.scopeId : null,
    detail: {
      name: budget?.name,
      percent,
      spent_nano_dollars: String(spentNanos),
      cap_nano_dollars: String(cap.capNanos),
      window_start: start,
    },
  });
}
