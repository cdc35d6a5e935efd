import type { ChatRequest, Part, Turn } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import protocol from './protocol.ts';
import { answerContext, type Json } from './stream.fixture.ts';

export const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const facts = { model: undefined, stream: false, includeUsage: true, choices: 1 };

export const decode = (text: string): ChatRequest =>
  protocol.client.decodeRequest(parseExact(text) as JsonObject, facts);

export function encodeText(request: ChatRequest, model: string | undefined = claude): string {
  return protocol.upstream.encodeRequest(request, { model, quirks: {}, defaultMaxOutputTokens: 4096 }).toString('utf8');
}

export const encode = (request: ChatRequest, model?: string): Json => JSON.parse(encodeText(request, model));

/** A request of another wire. */
export function ask(turns: readonly Turn[], more: Partial<ChatRequest> = {}): ChatRequest {
  return { ...answerContext.request, origin: 'openai-chat', turns, ...more };
}

export const user = (...parts: readonly (string | Part)[]): Turn => ({ role: 'user', parts: parts.map(toPart) });
export const assistant = (...parts: readonly (string | Part)[]): Turn => ({
  role: 'assistant',
  parts: parts.map(toPart),
});
export const toPart = (part: string | Part): Part => (typeof part === 'string' ? { type: 'text', text: part } : part);
export const call = (id: string): Part => ({
  type: 'tool-call',
  id,
  name: 'f',
  arguments: '{"a":1}',
  kind: 'function',
});
export const result = (callId: string): Part => ({
  type: 'tool-result',
  callId,
  name: 'f',
  content: [{ type: 'text', text: 'ok' }],
  isError: false,
  kind: 'function',
});
