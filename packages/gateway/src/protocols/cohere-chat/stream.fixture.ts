import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { ChatRequest } from '../../canonical/conversation.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { SseSplitter } from '../../framing/sse-splitter.ts';
import type { AnswerContext } from '../protocol.ts';
import cohereChat from './protocol.ts';

export const decodeContext = { idSeed: 'abcdefgh01234567' };

/** A body as the gateway parses it. */
export function bodyOf(text: string): JsonObject {
  const value = parseExact(text);
  if (!isObject(value)) throw new Error('no object');
  return value;
}

export function decodeRequest(body: JsonObject): ChatRequest {
  return cohereChat.client.decodeRequest(body, cohereChat.client.readFacts(body));
}

export function encodeRequest(request: ChatRequest, model = 'm'): JsonObject {
  const context = { model, quirks: {}, defaultMaxOutputTokens: 4096 };
  return bodyOf(cohereChat.upstream.encodeRequest(request, context).toString());
}

export const emptyRequest: ChatRequest = decodeRequest({ messages: [{ role: 'user', content: 'Hi' }] });

export const answerContext: AnswerContext = {
  id: 'exchange-1',
  model: 'm',
  created: 1_700_000_000,
  includeUsage: true,
  request: emptyRequest,
  isSse: true,
};

/** What the decoder says of a stream that comes in these chunks; a frame that is no JSON throws. */
export function decodeChunks(chunks: Iterable<Buffer>): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = cohereChat.upstream.createStreamDecoder(decodeContext);
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
  const encoder = cohereChat.client.createStreamEncoder(answerContext);
  return Buffer.concat(Array.from(events, (event) => encoder.push(event))).toString();
}

export function decodeAnswer(text: string): ChatAnswer {
  return cohereChat.upstream.decodeAnswer(bodyOf(text), decodeContext);
}

export function encodeAnswer(answer: ChatAnswer): JsonObject {
  return bodyOf(cohereChat.client.encodeAnswer(answer, answerContext).toString());
}

/** An answer with members that are undefined left out, as `toEqual` compares. */
export function collected(events: readonly ChatEvent[]): ChatAnswer {
  return collectAnswer(events);
}
