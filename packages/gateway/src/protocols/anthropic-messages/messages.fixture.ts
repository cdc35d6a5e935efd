import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import type { ChatRequest } from '../../canonical/conversation.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { SseSplitter } from '../../framing/sse-splitter.ts';
import type { AnswerContext } from '../protocol.ts';
import anthropic from './protocol.ts';

/** A body as the gateway parses it. */
export function bodyOf(text: string): JsonObject {
  const value = parseExact(text);
  if (!isObject(value)) throw new Error('no object');
  return value;
}

export function decodeRequest(body: JsonObject): ChatRequest {
  return anthropic.client.decodeRequest(body, anthropic.client.readFacts(body));
}

/** The body that an upstream gets, as plain JSON. */
export function encodeRequest(request: ChatRequest, model = 'claude-sonnet-4-5'): Record<string, unknown> {
  const context = { model, quirks: {}, defaultMaxOutputTokens: 4096 };
  return JSON.parse(anthropic.upstream.encodeRequest(request, context).toString()) as Record<string, unknown>;
}

/** A request that came on another wire. */
export function foreignRequest(members: Partial<ChatRequest>): ChatRequest {
  const request = decodeRequest({ messages: [{ role: 'user', content: 'Hi' }] });
  return { ...request, origin: 'openai-chat', ...members };
}

export const answerContext: AnswerContext = {
  id: 'exchange-1',
  model: 'm',
  created: 1_700_000_000,
  includeUsage: true,
  request: foreignRequest({}),
  isSse: true,
};

/** What the decoder says of a stream that comes in these chunks. */
export function decodeChunks(chunks: Iterable<Buffer>): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = anthropic.upstream.createStreamDecoder({ idSeed: 'abcdefgh01234567' });
  const emit = (event: ChatEvent) => void events.push(event);
  const splitter = new SseSplitter({ maxEventBytes: 1 << 24, onEvent: (event) => decoder.read(event, emit) });
  for (const chunk of chunks) splitter.push(chunk);
  decoder.finish(emit);
  return events;
}

export function decodeStream(text: string): ChatEvent[] {
  return decodeChunks([Buffer.from(text)]);
}

export function encodeEvents(events: Iterable<ChatEvent>): string {
  const encoder = anthropic.client.createStreamEncoder(answerContext);
  return Buffer.concat(Array.from(events, (event) => encoder.push(event))).toString();
}

export function decodeAnswer(text: string): ChatAnswer {
  return anthropic.upstream.decodeAnswer(bodyOf(text), { idSeed: 'abcdefgh01234567' });
}

export function encodeAnswer(answer: ChatAnswer): JsonObject {
  return bodyOf(anthropic.client.encodeAnswer(answer, answerContext).toString());
}

/** The data of each event of a stream. */
export function eventsOf(stream: string): readonly JsonObject[] {
  return [...stream.matchAll(/^data: (.*)$/gm)].map(([, data]) => bodyOf(data!));
}
