import type { ReasoningWish } from '../../canonical/conversation.ts';
import type { RequestFields } from '../request-fields.ts';

/**
 * How much the model is to think, in any of the forms that this wire has for it: OpenAI's `reasoning_effort`,
 * OpenRouter's `reasoning`, the `thinking` of Z.AI, DeepSeek and Ark, and Qwen's `enable_thinking`.
 */
export function decodeReasoning(body: RequestFields): ReasoningWish | undefined {
  const wishes = [effortWish(body), objectWish(body), thinkingWish(body), switchWish(body)];
  let wish: ReasoningWish | undefined;
  for (const next of wishes) if (next) wish = wish ? merge(wish, next) : next;
  return wish;
}

const nothing: ReasoningWish = { mode: undefined, effort: undefined, budgetTokens: undefined, summary: undefined };

function effortWish(body: RequestFields): ReasoningWish | undefined {
  const effort = body.string('reasoning_effort');
  return effort === undefined ? undefined : { ...nothing, effort, mode: modeOf(effort) };
}

function objectWish(body: RequestFields): ReasoningWish | undefined {
  const isShown = body.boolean('include_reasoning');
  const fields = body.object('reasoning');
  if (!fields) return isShown === undefined ? undefined : { ...nothing, summary: isShown ? 'auto' : 'none' };
  const effort = fields.string('effort');
  const isOn = fields.boolean('enabled');
  const budgetTokens = fields.count('max_tokens');
  const isHidden = fields.boolean('exclude') === true || isShown === false;
  return {
    effort,
    budgetTokens,
    mode: isOn === false || budgetTokens === 0 ? 'off' : (modeOf(effort) ?? (isOn === true ? 'on' : undefined)),
    summary: isHidden ? 'none' : fields.string('summary'),
  };
}

function thinkingWish(body: RequestFields): ReasoningWish | undefined {
  const fields = body.object('thinking');
  if (!fields) return undefined;
  const type = fields.string('type');
  const mode = type === undefined || !Object.hasOwn(modes, type) ? undefined : modes[type];
  return { ...nothing, mode, effort: fields.string('effort'), budgetTokens: fields.count('budget_tokens') };
}

function switchWish(body: RequestFields): ReasoningWish | undefined {
  const isOn = body.boolean('enable_thinking');
  const budgetTokens = body.count('thinking_budget');
  if (isOn === undefined && budgetTokens === undefined) return undefined;
  return { ...nothing, mode: isOn === undefined ? undefined : isOn ? 'on' : 'off', budgetTokens };
}

const modes: Readonly<Record<string, ReasoningWish['mode']>> = {
  enabled: 'on',
  disabled: 'off',
  adaptive: 'adaptive',
  auto: 'adaptive',
};

function modeOf(effort: string | undefined): ReasoningWish['mode'] {
  return effort === 'none' ? 'off' : undefined;
}

function merge(first: ReasoningWish, second: ReasoningWish): ReasoningWish {
  return {
    mode: first.mode ?? second.mode,
    effort: first.effort ?? second.effort,
    budgetTokens: first.budgetTokens ?? second.budgetTokens,
    summary: first.summary ?? second.summary,
  };
}
