import type { ChatRequest, ReasoningWish } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { effortOfBudget } from '../../canonical/reasoning-budget.ts';
import { claudeReasoning } from './claude-reasoning.ts';
import { isSelfGoverned, type Model } from './model-family.ts';
import { isOff } from './reasoning-wish.ts';

/** What a model is sent beside the members that all models share, and what of those it must not get with it. */
export interface ModelSettings {
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
  /** `outputConfig.effort`. */
  readonly effort: string | undefined;
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
}

export function modelSettings(request: ChatRequest, model: Model): ModelSettings {
  const { temperature, topP, maxOutputTokens: maxTokens } = request;
  const shared = { effort: undefined, maxTokens, temperature, topP };
  switch (model.family) {
    case 'claude':
      return claudeSettings(request, model);
    case 'nova':
      return novaSettings(request, model);
    case 'gpt-oss': {
      const effort = effortWord(request.reasoning);
      return { ...shared, fields: effort === undefined ? {} : { reasoning_effort: effort } };
    }
    default:
      return { ...shared, fields: topKFields(request, model) };
  }
}

function topKFields({ topK }: ChatRequest, { family }: Model): JsonObject {
  if (topK === undefined || family === 'other' || family === 'plain') return {};
  if (family === 'nova') return { inferenceConfig: { topK } };
  return family === 'cohere' ? { k: topK } : { top_k: topK };
}

/**
 * Claude takes neither temperature nor top_k while it thinks, newer ones (from Opus 4.7) not at all, and those from
 * Opus 4.1 on not temperature and top_p at once; each is a 400. A wish that only steers gives way.
 */
function claudeSettings(request: ChatRequest, model: Model): ModelSettings {
  const { temperature, topP } = request;
  const { thinking, effort, maxTokens } = claudeReasoning(request, model);
  const thought = thinking === undefined ? {} : { thinking };
  const settings = { fields: thought, effort, maxTokens, temperature: undefined, topP: undefined };
  if (isSelfGoverned(model)) return settings;
  if (thinking !== undefined && thinking['type'] !== 'disabled') {
    // 1 is the one temperature that goes with thought; top_p may be 0.95 or more.
    if (temperature === 1) return { ...settings, temperature };
    return topP !== undefined && topP >= 0.95 ? { ...settings, topP } : settings;
  }
  const onlyOne = model.version >= 401 && temperature !== undefined;
  const fields = { ...thought, ...topKFields(request, model) };
  return { fields, effort, maxTokens, temperature, topP: onlyOne ? undefined : topP };
}

/** Nova 2 thinks by an effort of three steps; at `high` it takes neither temperature, nor top_p, nor a limit. */
function novaSettings(request: ChatRequest, model: Model): ModelSettings {
  const { temperature, topP, reasoning, maxOutputTokens: maxTokens } = request;
  const fields = topKFields(request, model);
  const settings = { fields, effort: undefined, maxTokens, temperature, topP };
  if (!reasoning || model.version < 200) return settings;
  // Off is what it is when nothing is said.
  if (isOff(reasoning)) return settings;
  const word = effortWord(reasoning) ?? 'medium';
  // A limit that the caller set is kept, at the cost of some thought.
  const maxReasoningEffort = word === 'high' && maxTokens !== undefined ? 'medium' : word;
  const reasoningConfig = { type: 'enabled', maxReasoningEffort };
  if (maxReasoningEffort !== 'high') return { ...settings, fields: { ...fields, reasoningConfig } };
  return { ...settings, fields: { reasoningConfig }, temperature: undefined, topP: undefined };
}

/** `low`, `medium` or `high`; undefined is the model's own. Models that cannot stop thinking think little instead. */
function effortWord(wish: ReasoningWish | undefined): string | undefined {
  if (!wish) return undefined;
  if (isOff(wish)) return 'low';
  const { effort, budgetTokens } = wish;
  const word = effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens));
  if (word === undefined) return undefined;
  if (word === 'minimal' || word === 'low') return 'low';
  return word === 'medium' ? 'medium' : 'high';
}
