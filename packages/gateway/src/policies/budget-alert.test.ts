import { describe, expect, it } from 'vitest';
import type { Budget } from '../stores/budget-store.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import type { SpendCrossing } from '../stores/spend-store.ts';
import type { Webhook, WebhookMessage } from '../transport/webhook-sender.ts';
import { type BudgetAlertInput, createBudgetAlert } from './budget-alert.ts';

const budget: Budget = {
  id: 'b1',
  name: 'Team A',
  scope: 'team',
  scopeId: 't1',
  model: '',
  period: 'month',
  capNanos: 2_500_000_000n,
  thresholds: [80],
  isHard: true,
  isActive: true,
  createdAt: 0,
  updatedAt: 0,
};
const crossing: SpendCrossing = {
  cap: {
    id: 'b1',
    window: { kind: 'calendar', period: 'month' },
    capNanos: 2_500_000_000,
    isHard: true,
    thresholds: [80],
  },
  key: '',
  percent: 80,
  spentNanos: 2_000_000_001,
  start: Date.UTC(2026, 10, 1),
};
const webhooks: readonly Webhook[] = [
  { url: 'https://a.example/', secret: 'very-secret' },
  { url: 'https://b.example/', secret: 'other-secret' },
];

function setUp(differences: Partial<BudgetAlertInput> = {}) {
  const sent: { webhook: Webhook; message: WebhookMessage }[] = [];
  const told: string[] = [];
  const dropped: string[] = [];
  let last = 0;
  const alert = createBudgetAlert({
    webhooks,
    sender: {
      send(webhook, message) {
        sent.push({ webhook, message });
        return true;
      },
    },
    budgetOf: (id) => (id === 'b1' ? budget : undefined),
    clock: createManualClock(),
    id: () => {
      last += 1;
      return `m${last}`;
    },
    onAlert: (text) => told.push(text),
    onDropped: (text) => dropped.push(text),
    claimAlert: async () => 0,
    ...differences,
  });
  /** Tells, and waits until whoever is asked first has answered. */
  const cross = async (...crossings: readonly SpendCrossing[]): Promise<void> => {
    for (const one of crossings) alert(one);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { cross, sent, told, dropped };
}

describe('a threshold', () => {
  it('is told to the log and to every webhook, without a secret', async () => {
    const { cross, sent, told } = setUp();
    await cross(crossing);
    expect(told).toEqual(['The budget Team A came to 80 %: $2.000000001 of $2.5 are spent.']);
    expect(sent.map(({ webhook }) => webhook)).toEqual(webhooks);
    expect(new Set(sent.map(({ message }) => message.body)).size).toBe(1);
    expect(sent[0]?.message.id).toBe('m1');
    expect(JSON.parse(sent[0]!.message.body)).toEqual({
      id: 'm1',
      type: 'budget.threshold_reached',
      created_at: '2023-11-14T22:13:21.000Z',
      budget: {
        id: 'b1',
        name: 'Team A',
        scope: 'team',
        scope_id: 't1',
        key: null,
        model: null,
        window: 'month',
        window_started_at: '2026-11-01T00:00:00.000Z',
        is_hard: true,
      },
      threshold_percent: 80,
      spent_nano_dollars: '2000000001',
      cap_nano_dollars: '2500000000',
      spent_usd: '2.000000001',
      cap_usd: '2.5',
    });
    expect(JSON.stringify([sent.map(({ message }) => message), told])).not.toContain('secret');
  });

  it('of a budget that is gone is told all the same', async () => {
    const { cross, sent, told } = setUp({ webhooks: [] });
    await cross({ ...crossing, cap: { ...crossing.cap, id: 'gone' } });
    expect(told[0]).toContain('The budget gone came to 80 %');
    expect(sent).toEqual([]);
  });

  it('for which there is no room is told of to the log', async () => {
    const { cross, dropped } = setUp({ sender: { send: () => false } });
    await cross(crossing);
    expect(dropped).toHaveLength(2);
  });

  it('is told by the first process that claims it, or by all when nobody can say', async () => {
    const answers = [0, undefined];
    const claimed = setUp({ claimAlert: async () => answers.shift() });
    await claimed.cross(crossing, crossing);
    expect(claimed.told).toHaveLength(1);
    const unsaid = setUp({ claimAlert: () => Promise.reject(new Error('away')) });
    await unsaid.cross(crossing);
    expect(unsaid.told).toHaveLength(1);
  });

  it('that another process came past without telling of it is told of with the higher one', async () => {
    const cap = { ...crossing.cap, thresholds: [20, 50, 80, 100] };
    const told: number[] = [];
    const { cross } = setUp({ claimAlert: async () => 20, onAlert: (_text, { percent }) => told.push(percent) });
    await cross({ ...crossing, cap });
    expect(told).toEqual([50, 80]);
  });
});
