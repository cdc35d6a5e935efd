import type { ChatRequest } from './conversation.ts';

/**
 * How many tokens of thought an effort stands for, and back. Some wires take a word, others a number; each step is some
 * three to four times the one before, and the largest is the most that Anthropic's and Gemini's models take.
 */
const budgets = [
  ['none', 0],
  ['minimal', 1024],
  ['low', 2048],
  ['medium', 8192],
  ['high', 24_576],
  ['xhigh', 32_000],
  ['max', 32_000],
] as const;

/** Tokens of thought that an effort stands for; a word that is newer than this table counts as `medium`. */
export function budgetOfEffort(effort: string): number {
  return budgets.find(([name]) => name === effort)?.[1] ?? 8192;
}

/** The effort whose budget is nearest; the lesser of two that are equally near. No tokens at all are `none`. */
export function effortOfBudget(tokens: number): string {
  if (tokens <= 0) return 'none';
  let nearest: (typeof budgets)[number] = budgets[1];
  for (const entry of budgets.slice(1)) if (distance(entry, tokens) < distance(nearest, tokens)) nearest = entry;
  return nearest[0];
}

/** The same of the three efforts that all models know that reason by effort. */
export function plainEffortOfBudget(tokens: number): string {
  const nearest = effortOfBudget(tokens);
  if (nearest === 'none' || nearest === 'minimal') return 'low';
  return nearest === 'xhigh' || nearest === 'max' ? 'high' : nearest;
}

function distance([, budget]: readonly [string, number], tokens: number): number {
  return Math.abs(budget - tokens);
}

/** Whether a request wants more thought than none. */
export function asksToReason({ reasoning: wish }: Pick<ChatRequest, 'reasoning'>): boolean {
  if (wish === undefined || wish.mode === 'off' || wish.effort === 'none' || wish.budgetTokens === 0) return false;
  return wish.mode !== undefined || wish.effort !== undefined || wish.budgetTokens !== undefined;
}
