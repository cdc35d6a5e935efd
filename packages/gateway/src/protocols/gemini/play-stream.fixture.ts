import type { ChatEvent } from '../../canonical/chat-event.ts';
import type { ChatRequest } from '../../canonical/conversation.ts';
import { SseSplitter } from '../../framing/sse-splitter.ts';
import type { AnswerContext, DecodeContext } from '../protocol.ts';
import protocol from './protocol.ts';

export const decoding = { idSeed: '0123456789abcdef' };

/** What an encoder of answers is told. */
export function answerContext(isSse = true): AnswerContext {
  const request = {} as ChatRequest;
  return { id: 'gw-1', model: 'asked-for', created: 0, includeUsage: true, request, isSse };
}

/** Reads a stream that arrives in pieces. */
export function playStream(pieces: readonly Buffer[], context: DecodeContext = decoding): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = protocol.upstream.createStreamDecoder(context);
  const take = (event: ChatEvent) => events.push(event);
  const splitter = new SseSplitter({ maxEventBytes: 1 << 20, onEvent: (event) => decoder.read(event, take) });
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  decoder.finish(take);
  return events;
}

/** What the encoder makes of events. */
export function writeStream(events: Iterable<ChatEvent>, isSse = true): Buffer {
  const encoder = protocol.client.createStreamEncoder(answerContext(isSse));
  return Buffer.concat([...events].map((event) => encoder.push(event)));
}
