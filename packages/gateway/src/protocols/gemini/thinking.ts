import type { ReasoningWish } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { budgetOfEffort } from '../../canonical/reasoning-budget.ts';
import type { WireFields } from './wire-fields.ts';

/** Reads `thinkingConfig`: a budget of 0 is none, of -1 as much as the model likes. */
export function decodeThinking(config: WireFields | undefined): ReasoningWish | undefined {
  if (!config) return undefined;
  const budget = config.number('thinkingBudget');
  const level = config.string('thinkingLevel')?.toLowerCase();
  const isShown = config.boolean('includeThoughts');
  const effort = level === 'thinking_level_unspecified' ? undefined : level;
  return {
    mode: modeOf(budget, effort),
    effort,
    budgetTokens: budget !== undefined && budget > 0 ? budget : undefined,
    summary: isShown === undefined ? undefined : isShown ? 'auto' : 'none',
  };
}

function modeOf(budget: number | undefined, effort: string | undefined): ReasoningWish['mode'] {
  if (budget === 0) return 'off';
  if (budget !== undefined && budget < 0) return 'adaptive';
  return budget !== undefined || effort !== undefined ? 'on' : undefined;
}

/**
 * Writes `thinkingConfig`. An effort becomes a budget, which models of 2.5 need and those of 3 still take; callers of
 * this wire who gave a level get it sent, as they know their model.
 */
export function encodeThinking(wish: ReasoningWish | undefined, isOwn: boolean): JsonObject | undefined {
  if (!wish) return undefined;
  const { mode, effort, budgetTokens } = wish;
  const isOff = mode === 'off' || effort === 'none';
  const config = { includeThoughts: includeThoughts(wish, isOwn) };
  if (isOff) return { ...config, thinkingBudget: 0 };
  if (isOwn && budgetTokens !== undefined) return { ...config, thinkingBudget: budgetTokens };
  if (isOwn && effort !== undefined) return { ...config, thinkingLevel: effort };
  const budget = budgetTokens ?? (effort === undefined ? undefined : budgetOfEffort(effort));
  if (budget !== undefined) return { ...config, thinkingBudget: Math.min(budget, MAX_BUDGET) };
  if (mode === 'adaptive') return { ...config, thinkingBudget: -1 };
  return config.includeThoughts === undefined ? undefined : config;
}

/** The most that every thinking model takes (the largest take 32,768); more is refused, not cut. */
const MAX_BUDGET = 24_576;

/** Thoughts are hidden unless they are asked for; on other wires who turns them on sees them. */
function includeThoughts({ mode, summary }: ReasoningWish, isOwn: boolean): boolean | undefined {
  if (summary !== undefined) return summary !== 'none';
  return !isOwn && (mode === 'on' || mode === 'adaptive') ? true : undefined;
}
