import * as z from 'zod';
import { nanoDollars } from '../../canonical/nano-dollars.ts';
import type { Budget } from '../../stores/budget-store.ts';
import type { SpendReading } from '../../stores/spend-store.ts';
import { isoOf, isoOrNull, modelName, name, reference, shownTime } from './admin-fields.ts';

/** The largest cap: beyond it, sums of nano-dollars would not be exact. */
const MOST_DOLLARS = 9_000_000;
const MOST_THRESHOLDS = 20;
const NANOS = 1_000_000_000;
const usualThresholds = [80, 100];

export const scopes = ['global', 'organisation', 'team', 'tenant', 'key'] as const;
const periods = ['hour', 'day', 'week', 'month', 'total'] as const;

const cap = () => z.number().min(0).max(MOST_DOLLARS).describe('Dollars that may be spent in a period.');
const thresholds = () =>
  z
    .array(z.number().int().min(1).max(1_000))
    .max(MOST_THRESHOLDS)
    .transform((list) => [...new Set(list)].sort((a, b) => a - b))
    .describe('Shares of the cap in percent at which somebody is told. Default: 80 and 100.');
const isHard = () =>
  z.boolean().describe('Whether requests are refused when it is spent; otherwise it only tells. Default: true.');

/** Nothing would be counted by what is no whole name. */
const oneModel = () =>
  modelName().refine(
    (text) => !text.includes('*'),
    'must be the whole name of one model; leave it out for all of them together',
  );

export const budgetCreation = z.strictObject({
  name: name(),
  scope: z.enum(scopes).describe('Whose spending is counted.'),
  scope_id: reference().optional().describe('Id of whom the scope names; left out for `global`.'),
  model: oneModel()
    .optional()
    .describe('The model, by the name that callers give or the one at the provider. Left out: all together.'),
  period: z
    .enum(periods)
    .describe('How long is counted before it begins at nothing again: calendar periods of UTC, weeks from Monday on.'),
  cap_usd: cap(),
  thresholds: thresholds().optional(),
  is_hard: isHard().optional(),
  is_active: z.boolean().optional(),
});

export const budgetChanges = z.strictObject({
  name: name().optional(),
  cap_usd: cap().optional(),
  thresholds: thresholds().optional(),
  is_hard: isHard().optional(),
  is_active: z.boolean().optional(),
});

export const shownBudget = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.enum(scopes),
  scope_id: z.string().nullable(),
  model: z.string().nullable(),
  period: z.enum(periods),
  cap_usd: z.number(),
  thresholds: z.array(z.number()),
  is_hard: z.boolean(),
  is_active: z.boolean(),
  spent_usd: z.number().describe('In the period that runs.'),
  reserved_usd: z.number().describe('Set aside for requests under way.'),
  remaining_usd: z.number(),
  period_started_at: shownTime().nullable(),
  resets_at: shownTime().nullable(),
  created_at: shownTime(),
  updated_at: shownTime(),
});

export function newBudgetOf(body: z.output<typeof budgetCreation>) {
  return {
    name: body.name,
    scope: body.scope,
    scopeId: body.scope_id ?? '',
    model: body.model ?? '',
    period: body.period,
    capNanos: BigInt(nanoDollars(body.cap_usd)),
    thresholds: body.thresholds ?? usualThresholds,
    isHard: body.is_hard ?? true,
    isActive: body.is_active ?? true,
  };
}

export function changesOf(body: z.output<typeof budgetChanges>) {
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.cap_usd !== undefined && { capNanos: BigInt(nanoDollars(body.cap_usd)) }),
    ...(body.thresholds !== undefined && { thresholds: body.thresholds }),
    ...(body.is_hard !== undefined && { isHard: body.is_hard }),
    ...(body.is_active !== undefined && { isActive: body.is_active }),
  };
}

/** `now`: milliseconds since 1970. */
export function describeBudget(budget: Budget, reading: SpendReading, now: number): z.input<typeof shownBudget> {
  const capNanos = Number(budget.capNanos);
  const { reservedNanos, resetMs, spentNanos, start } = reading;
  return {
    id: budget.id,
    name: budget.name,
    scope: budget.scope,
    scope_id: budget.scopeId === '' ? null : budget.scopeId,
    model: budget.model === '' ? null : budget.model,
    period: budget.period,
    cap_usd: capNanos / NANOS,
    thresholds: [...budget.thresholds],
    is_hard: budget.isHard,
    is_active: budget.isActive,
    spent_usd: spentNanos / NANOS,
    reserved_usd: reservedNanos / NANOS,
    remaining_usd: Math.max(0, capNanos - spentNanos - reservedNanos) / NANOS,
    period_started_at: isoOrNull(start === 0 ? null : start),
    resets_at: isoOrNull(resetMs === null ? null : now + resetMs),
    created_at: isoOf(budget.createdAt),
    updated_at: isoOf(budget.updatedAt),
  };
}
