import type { ChatRequest, ReasoningWish } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { budgetOfEffort, effortOfBudget } from '../../canonical/reasoning-budget.ts';
import type { ModelTraits } from './model-traits.ts';
import { WIRE } from './wire.ts';

export interface ReasoningPlan {
  readonly thinking: JsonObject | undefined;
  readonly effort: string | undefined;
  readonly maxTokens: number;
}

export interface ReasoningAsk {
  readonly request: ChatRequest;
  readonly traits: ModelTraits;
  readonly defaultMaxOutputTokens: number;
  /** `tool_choice` is `any` or `tool`. */
  readonly forcesTool: boolean;
  /** The conversation ends in an assistant's turn, or in results of its calls, that begins without signed thinking. */
  readonly endsUnsigned: boolean;
}

const LEAST_BUDGET = 1024;
/** Opus 4 and 4.1 write no more, thinking included: the least of all models that are given a budget. */
const SAFE_OUTPUT = 32_000;
/** What is left to the answer then. */
const LEAST_ANSWER = 4096;

/**
 * How a wish for reasoning is put to the model, and the limit on output that goes with it: a budget must be at least
 * 1024 tokens and less than `max_tokens`. Two things go before the wish, since the provider refuses them together with
 * thinking: a tool that must be called (the caller builds on the call, thinking only makes it better), and an unfinished
 * turn that began without thinking, as when its reasoning was another provider's. Adaptive thinking allows the latter.
 */
export function planReasoning(ask: ReasoningAsk): ReasoningPlan {
  const { request, defaultMaxOutputTokens } = ask;
  const maxTokens = request.maxOutputTokens ?? defaultMaxOutputTokens;
  const wish = request.reasoning;
  if (!wish) return { thinking: undefined, effort: undefined, maxTokens };
  const { thinking, effort } = request.origin === WIRE ? verbatim(wish) : translated(wish, ask, maxTokens);
  const budget = thinking?.['budget_tokens'];
  if (thinking && thinking['type'] !== 'disabled') {
    if (ask.forcesTool || (budget !== undefined && ask.endsUnsigned)) return { thinking: undefined, effort, maxTokens };
  }
  if (typeof budget !== 'number' || budget < maxTokens) return { thinking, effort, maxTokens };
  const isGiven = wish.budgetTokens !== undefined || request.maxOutputTokens !== undefined;
  const raised = budget + maxTokens;
  return { thinking, effort, maxTokens: isGiven ? raised : Math.min(raised, SAFE_OUTPUT) };
}

type Wording = Pick<ReasoningPlan, 'thinking' | 'effort'>;

const types = { on: 'enabled', off: 'disabled', adaptive: 'adaptive' } as const;

/** A wish that came on this wire is put in the words in which it came. */
function verbatim(wish: ReasoningWish): Wording {
  const { mode, effort, budgetTokens } = wish;
  if (mode === undefined) return { thinking: undefined, effort };
  const budget = budgetTokens === undefined ? {} : { budget_tokens: Math.max(LEAST_BUDGET, budgetTokens) };
  return { thinking: { type: types[mode], ...budget, ...display(wish) }, effort };
}

function translated(wish: ReasoningWish, { request, traits }: ReasoningAsk, maxTokens: number): Wording {
  const { mode, effort, budgetTokens } = wish;
  if (mode === 'off' || effort === 'none' || budgetTokens === 0) return withoutThinking(traits);
  // Nothing but how it is to be shown: whether to think is left to the provider.
  if (mode === undefined && effort === undefined && budgetTokens === undefined) return nothing;
  if (traits.thinksBy === 'effort') {
    const word = effort ?? (budgetTokens !== undefined && budgetTokens > 0 ? effortOfBudget(budgetTokens) : undefined);
    return { thinking: { type: 'adaptive', ...display(wish) }, effort: effortWord(word, traits) };
  }
  const isGiven = budgetTokens !== undefined && budgetTokens > 0;
  const budget = isGiven ? budgetTokens : budgetWithin(budgetOfEffort(effort ?? 'medium'), request, maxTokens);
  return {
    thinking: { type: 'enabled', budget_tokens: Math.max(LEAST_BUDGET, budget), ...display(wish) },
    effort: undefined,
  };
}

const nothing: Wording = { thinking: undefined, effort: undefined };

/** An effort is no exact number: it yields to the caller's limit on output, which counts reasoning on other wires. */
function budgetWithin(budget: number, { maxOutputTokens }: ChatRequest, maxTokens: number): number {
  return Math.min(budget, maxOutputTokens === undefined ? SAFE_OUTPUT - LEAST_ANSWER : Math.floor(maxTokens * 0.8));
}

/** What is off anyway is not said; a model that cannot stop thinking thinks as little as it can. */
function withoutThinking({ thinksUnasked, thinksAlways }: ModelTraits): Wording {
  if (thinksAlways) return { thinking: undefined, effort: 'low' };
  return { thinking: thinksUnasked ? { type: 'disabled' } : undefined, effort: undefined };
}

function effortWord(effort: string | undefined, { knowsXhigh }: ModelTraits): string | undefined {
  if (effort === 'minimal') return 'low';
  return effort === 'xhigh' && !knowsXhigh ? 'high' : effort;
}

function display({ summary }: ReasoningWish): JsonObject {
  if (summary === undefined) return {};
  return { display: summary === 'none' ? 'omitted' : 'summarized' };
}
