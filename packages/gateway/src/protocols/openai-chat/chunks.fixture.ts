import type { Part } from '../../canonical/conversation.ts';

/** One answer as a provider streams it, as it gives it whole, and what both say. */
export interface AnswerFixture {
  readonly name: string;
  readonly stream: string;
  readonly unary: unknown;
  readonly parts: readonly Part[];
  readonly finish?: string;
  readonly usage?: unknown;
}

export type Json = Readonly<Record<string, unknown>>;

export const chunkHead = { id: 'c-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'm-1' };
export const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
export const counted = { input: 10, output: 5 };

/** The bytes of a stream. */
export function sse(...chunks: readonly (Json | string)[]): string {
  return chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join('');
}

export function delta(value: Json, finish: string | null = null, index = 0): Json {
  return { ...chunkHead, choices: [{ index, delta: value, logprobs: null, finish_reason: finish }] };
}

export function answer(message: Json, finish = 'stop'): Json {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: finish }];
  return { id: 'c-1', object: 'chat.completion', created: 1_760_000_000, model: 'm-1', choices, usage };
}

export const usageChunk: Json = { ...chunkHead, choices: [], usage };

export const call = (id: string, name: string, text: string) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});
export const callPart = (id: string, name: string, text: string): Part => ({
  type: 'tool-call',
  id,
  name,
  kind: 'function',
  arguments: text,
});
export const more = (index: number, text: string) => ({ tool_calls: [{ index, function: { arguments: text } }] });
export const begin = (index: number, id: string, name: string, text = '') => ({
  tool_calls: [{ index, ...call(id, name, text) }],
});

export const details = (...entries: readonly Json[]) => ({ reasoning_details: entries });
export const claude = { format: 'anthropic-claude-v1', index: 0 };
export const openai = { format: 'openai-responses-v1', index: 0 };
