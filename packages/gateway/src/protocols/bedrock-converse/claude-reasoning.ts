import type { ChatRequest, ReasoningWish } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { budgetOfEffort, effortOfBudget } from '../../canonical/reasoning-budget.ts';
import { canThinkAdaptively, isSelfGoverned, type Model, thinksUnasked } from './model-family.ts';
import { isOff } from './reasoning-wish.ts';
import { WIRE } from './wire.ts';

export interface ClaudeReasoning {
  readonly thinking: JsonObject | undefined;
  readonly effort: string | undefined;
  /** The limit on output, which must have room for a budget of thought. */
  readonly maxTokens: number | undefined;
}

/** How a wish for reasoning is put to Claude. One that came on this wire is put in the words in which it came. */
export function claudeReasoning(request: ChatRequest, model: Model): ClaudeReasoning {
  const { reasoning: wish, origin, maxOutputTokens: maxTokens } = request;
  if (!wish) return { thinking: undefined, effort: undefined, maxTokens };
  if (origin === WIRE) return { ...verbatim(wish), maxTokens };
  if (isOff(wish)) {
    const thinking = thinksUnasked(model) && !model.thinksAlways ? { type: 'disabled' } : undefined;
    return { thinking, effort: model.thinksAlways ? 'low' : undefined, maxTokens };
  }
  if (wish.mode === undefined && wish.effort === undefined && wish.budgetTokens === undefined) {
    return { thinking: undefined, effort: undefined, maxTokens };
  }
  if (forcesTool(request)) return { thinking: undefined, effort: undefined, maxTokens };
  if (!canThinkAdaptively(model)) return withBudget(request, wish);
  const { effort, budgetTokens } = wish;
  const word = effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens));
  return { thinking: { type: 'adaptive', ...displayOf(wish) }, effort: effortWord(word, model), maxTokens };
}

const types = { on: 'enabled', off: 'disabled', adaptive: 'adaptive' } as const;

function verbatim(wish: ReasoningWish): Pick<ClaudeReasoning, 'thinking' | 'effort'> {
  const { mode, effort, budgetTokens } = wish;
  if (mode === undefined) return { thinking: undefined, effort };
  const budget = budgetTokens === undefined ? {} : { budget_tokens: budgetTokens };
  return { thinking: { type: types[mode], ...budget, ...displayOf(wish) }, effort };
}

function displayOf({ summary }: ReasoningWish): JsonObject {
  if (summary === undefined) return {};
  return { display: summary === 'none' ? 'omitted' : 'summarized' };
}

function effortWord(word: string | undefined, model: Model): string | undefined {
  if (word === 'minimal') return 'low';
  return word === 'xhigh' && !isSelfGoverned(model) ? 'high' : word;
}

/** Claude refuses to think where it must call a tool; the caller builds on the call, thinking only makes it better. */
export function forcesTool({ toolChoice }: ChatRequest): boolean {
  if (toolChoice?.type === 'allowed') return toolChoice.mode === 'required';
  return toolChoice?.type === 'required' || toolChoice?.type === 'tool';
}

const LEAST_BUDGET = 1024;

/**
 * A budget of thought: 1024 tokens at least, and less than the answer may have in all. One that the caller named makes
 * room for itself; one that stands for an effort yields to the caller's limit.
 */
function withBudget(request: ChatRequest, wish: ReasoningWish): ClaudeReasoning {
  const { maxOutputTokens } = request;
  if (lacksThought(request)) return { thinking: undefined, effort: undefined, maxTokens: maxOutputTokens };
  const most = maxOutputTokens === undefined ? Number.POSITIVE_INFINITY : Math.floor(maxOutputTokens * 0.8);
  const wished = wish.budgetTokens ?? Math.min(budgetOfEffort(wish.effort ?? 'medium'), most);
  const budget = Math.max(LEAST_BUDGET, wished);
  const isTight = maxOutputTokens !== undefined && budget >= maxOutputTokens;
  return {
    thinking: { type: 'enabled', budget_tokens: budget, ...displayOf(wish) },
    effort: undefined,
    maxTokens: isTight ? budget + maxOutputTokens : maxOutputTokens,
  };
}

/**
 * Whether the turn that the model is to go on with began without thought that it would know as its own, as when it was
 * another provider's: with a fixed budget Claude refuses that.
 */
function lacksThought({ turns }: ChatRequest): boolean {
  for (const { role, parts } of turns.toReversed()) {
    if (role === 'assistant') {
      return !parts.some((part) => part.type === 'reasoning' && part.signature?.origin === WIRE);
    }
    if (parts.some(({ type }) => type !== 'tool-result')) return false;
  }
  return false;
}
