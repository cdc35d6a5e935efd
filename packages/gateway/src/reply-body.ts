import type { Exchange } from './exchange.ts';
import { EventStreamReader } from './protocols/event-stream-reader.ts';
import { ChatStreamReader } from './protocols/openai-chat/stream-reader.ts';
import { ResponsesStreamReader } from './protocols/openai-responses/stream-reader.ts';
import type { StreamReader } from './protocols/stream-reader.ts';
import type { ReplyBody } from './relay/attempt.ts';
import { RawReply } from './relay/raw-reply.ts';
import type { ReplyHost } from './relay/reply-sink.ts';
import { StreamReply } from './relay/stream-reply.ts';
import { UnaryReply } from './relay/unary-reply.ts';

/** Whole answers up to this size are held until they are complete; longer ones flow. */
const MAX_HELD_ANSWER = 4 * 1024 * 1024;
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/** How the reply to an exchange is relayed: unread, as a whole, or as a stream of events. */
export function createReplyBody(exchange: Exchange, host: ReplyHost): ReplyBody {
  const { facts, operation, sink } = exchange;
  if (isUnread(exchange)) return new RawReply({ sink, host, passesEveryStatus: operation === 'proxy' });
  if (!facts.stream) return new UnaryReply({ sink, host, operation, maxHeldBytes: MAX_HELD_ANSWER });
  return new StreamReply({ sink, host, reader: streamReader(exchange), maxEventBytes: MAX_EVENT_BYTES });
}

/** Operations whose replies are not read: audio, images, forwarded paths. */
export function isUnread({ operation, facts }: Exchange): boolean {
  if (operation === 'images') return !facts.stream;
  return operation === 'proxy' || operation === 'speech' || operation === 'transcription';
}

function streamReader({ facts, operation }: Exchange): StreamReader {
  if (operation === 'chat' || operation === 'completions') {
    return new ChatStreamReader({ choices: facts.choices, hideUsage: !facts.includeUsage });
  }
  return operation === 'responses' ? new ResponsesStreamReader() : new EventStreamReader();
}
