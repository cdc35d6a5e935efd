import { type MetricFamily, NumberFamily } from './metric-family.ts';

/** How a budget stands, in nano-dollars. */
export interface BudgetFigures {
  readonly id: string;
  readonly capNanos: number;
  readonly spentNanos: number;
  /** Set aside for requests under way. */
  readonly reservedNanos: number;
}

/** What is counted of budgets, by their ids. */
export interface BudgetMetrics {
  /** A hard budget had no room for a request. */
  refused(budgetId: string): void;
  /** A request passed, and not all of its cost is known. */
  unknownCost(): void;
  /** A budget came to a threshold. */
  alert(budgetId: string): void;
  /** How budgets stand now; those that are gone are not shown any more. */
  set(budgets: readonly BudgetFigures[]): void;
}

/** Nano-dollars of a dollar. */
const NANOS = 1_000_000_000;

export function createBudgetMetrics(): { readonly budgets: BudgetMetrics; readonly families: readonly MetricFamily[] } {
  const families = createFamilies();
  const { alerts, cap, refused, reserved, spent, unknownCost } = families;
  const unknown = unknownCost.child();
  const budgets: BudgetMetrics = {
    refused(budgetId) {
      refused.child(budgetId).value += 1;
    },
    unknownCost() {
      unknown.value += 1;
    },
    alert(budgetId) {
      alerts.child(budgetId).value += 1;
    },
    set(figures) {
      for (const family of [cap, spent, reserved]) family.clear();
      for (const { capNanos, id, reservedNanos, spentNanos } of figures) {
        // More of them than there are label sets share one.
        cap.child(id).value += capNanos / NANOS;
        spent.child(id).value += spentNanos / NANOS;
        reserved.child(id).value += reservedNanos / NANOS;
      }
    },
  };
  return { budgets, families: Object.values<MetricFamily>(families) };
}

function createFamilies() {
  const labels = ['budget'] as const;
  const gauge = (name: string, help: string) => new NumberFamily({ type: 'gauge', name, help, labels });
  const counter = (name: string, help: string) => new NumberFamily({ type: 'counter', name, help, labels });
  return {
    cap: gauge('gateway_budget_cap_dollars', 'What may be spent of a budget in its period'),
    spent: gauge('gateway_budget_spent_dollars', 'What is spent of a budget in its period'),
    reserved: gauge('gateway_budget_reserved_dollars', 'What is set aside of a budget for requests under way'),
    refused: counter('gateway_budget_exceeded_total', 'Requests refused by a budget'),
    alerts: counter('gateway_budget_alerts_total', 'Thresholds of budgets that somebody was told of'),
    unknownCost: new NumberFamily({
      type: 'counter',
      name: 'gateway_budget_unknown_cost_total',
      help: 'Requests that a budget counted without knowing all of their cost',
      labels: [],
    }),
  };
}
