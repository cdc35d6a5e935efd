import { asObject, asTokens, hasNoCount } from '../canonical/json.ts';
import type { Usage } from '../canonical/usage.ts';
import { decodeUsage } from './openai-chat/usage.ts';

const counts = ['prompt_tokens', 'input_tokens', 'total_tokens'] as const;

/** Tokens of what has no output, such as embeddings and reranking. Some servers count them in `total_tokens` only. */
export function decodeInputUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  if (usage === undefined || hasNoCount(usage, counts)) return undefined;
  const input = asTokens(usage['prompt_tokens']) ?? asTokens(usage['input_tokens']) ?? asTokens(usage['total_tokens']);
  return input === undefined ? undefined : { input, output: 0 };
}

/** The same of an answer that is passed on, whose details may have prices of their own. */
export function decodePassedUsage(value: unknown): Usage | undefined {
  return decodeUsage(value) ?? decodeInputUsage(value);
}
