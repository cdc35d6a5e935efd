import type { Clock } from '../canonical/clock.ts';
import { formatDollars } from '../canonical/nano-dollars.ts';
import type { Budget } from '../stores/budget-store.ts';
import type { OnCrossing, SpendCrossing } from '../stores/spend-store.ts';
import type { Webhook, WebhookSender } from '../transport/webhook-sender.ts';

export interface BudgetAlertInput {
  readonly webhooks: readonly Webhook[];
  readonly sender: Pick<WebhookSender, 'send'>;
  /** The definition of a budget, for its name and whose it is; undefined when it is gone. */
  readonly budgetOf: (id: string) => Budget | undefined;
  readonly clock: Pick<Clock, 'wallNow'>;
  /** Ids that are not given twice. */
  readonly id: () => string;
  /** Hears of every threshold that somebody is told of, for log and metrics, in words for the log. */
  readonly onAlert: (text: string, crossing: SpendCrossing) => void;
  /** Hears of messages for which the queue had no room. */
  readonly onDropped: (text: string) => void;
  /**
   * The highest threshold that any process was to tell of before, 0 for none: this one is to tell of those above it, up
   * to the crossing's. Undefined: another is to tell, or has told, before a restart perhaps.
   */
  readonly claimAlert: (crossing: SpendCrossing) => Promise<number | undefined>;
}

/** Tells of budgets that came to a threshold: the log, and whoever listens, by a signed message to each webhook. */
export function createBudgetAlert(input: BudgetAlertInput): OnCrossing {
  let before = Promise.resolve();
  return (crossing) => {
    // One after the other, so that thresholds are told of in their order.
    before = before.then(() => tellOnce(input, crossing));
  };
}

async function tellOnce(input: BudgetAlertInput, crossing: SpendCrossing): Promise<void> {
  const { cap, percent } = crossing;
  // A record that does not answer is no reason not to tell: twice is better than never.
  const told = await input.claimAlert(crossing).catch(() => percent - 1);
  if (told === undefined) return;
  // Of two thresholds at once, the higher one may be claimed first, by another process: then it tells of both.
  for (const share of cap.thresholds)
    if (share > told && share <= percent) tell(input, { ...crossing, percent: share });
}

function tell(
  { webhooks, sender, budgetOf, clock, id, onAlert, onDropped }: BudgetAlertInput,
  crossing: SpendCrossing,
): void {
  const { cap, percent, spentNanos } = crossing;
  const budget = budgetOf(cap.id);
  const name = budget?.name ?? cap.id;
  onAlert(
    `The budget ${name} came to ${percent} %: $${formatDollars(spentNanos)} of $${formatDollars(cap.capNanos)} are spent.`,
    crossing,
  );
  if (webhooks.length === 0) return;
  const messageId = id();
  const body = JSON.stringify(messageOf(crossing, budget, { id: messageId, wallNow: clock.wallNow() }));
  for (const webhook of webhooks) {
    if (!sender.send(webhook, { id: messageId, body })) {
      onDropped(`The message ${messageId} about the budget ${name} is not sent: too many messages wait.`);
    }
  }
}

/** What a webhook gets. Amounts are texts, since they may be larger than receivers' numbers are exact. */
function messageOf(
  { cap, key, percent, spentNanos, start }: SpendCrossing,
  budget: Budget | undefined,
  { id, wallNow }: { readonly id: string; readonly wallNow: number },
): object {
  return {
    id,
    type: 'budget.threshold_reached',
    created_at: new Date(wallNow).toISOString(),
    budget: {
      id: cap.id,
      name: budget?.name ?? null,
      scope: budget?.scope ?? null,
      scope_id: budget?.scopeId || null,
      key: key === '' ? null : key,
      model: budget?.model || null,
      window: cap.window.kind === 'calendar' ? cap.window.period : cap.window.kind,
      window_started_at: start === 0 ? null : new Date(start).toISOString(),
      is_hard: cap.isHard,
    },
    threshold_percent: percent,
    spent_nano_dollars: String(spentNanos),
    cap_nano_dollars: String(cap.capNanos),
    spent_usd: formatDollars(spentNanos),
    cap_usd: formatDollars(cap.capNanos),
  };
}
