import { answerContextOf } from './answer-context.ts';
import type { JsonObject } from './canonical/json.ts';
import type { Exchange } from './exchange.ts';
import { EventStreamReader } from './protocols/event-stream-reader.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import { decodeUsage } from './protocols/openai-chat/usage.ts';
import { ProtocolStreamReader, TranslatingStreamReader } from './protocols/protocol-stream-reader.ts';
import type { StreamReader } from './protocols/stream-reader.ts';
import type { ReplyBody } from './relay/attempt.ts';
import { RawReply } from './relay/raw-reply.ts';
import type { ReplyHost } from './relay/reply-sink.ts';
import type { StreamWire } from './relay/stream-head.ts';
import { StreamReply } from './relay/stream-reply.ts';
import { UnaryReply } from './relay/unary-reply.ts';
import type { SentStream } from './sent-stream.ts';
import { rewriteChat } from './translation/rewrite-chat.ts';
import { TranslatedUnary } from './translation/translated-unary.ts';
import type { Translation } from './translation/translation.ts';

/** Whole answers up to this size are held until they are complete; longer ones flow. */
const MAX_HELD_ANSWER = 4 * 1024 * 1024;
/** Longest answer that is translated whole. */
const MAX_TRANSLATED_ANSWER = 64 * 1024 * 1024;
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
const sse: StreamWire = { framing: 'sse', streamType: 'text/event-stream' };

export interface ReplyBodyInput {
  readonly exchange: Exchange;
  readonly host: ReplyHost;
  /** Undefined: the upstream speaks the caller's wire. */
  readonly translation: Translation | undefined;
  /** Sixteen letters and digits, another for each attempt. */
  readonly newId: () => string;
  /** Keeps what is sent of a stream, for another attempt to go on from; undefined: none will. */
  readonly sent: SentStream | undefined;
  /** The attempt completes an answer that broke off. */
  readonly isResumed: boolean;
}

/** How the reply to an exchange is passed on: unread, as a whole, as a stream of events, or translated. */
export function createReplyBody(input: ReplyBodyInput): ReplyBody {
  const { exchange, host, translation } = input;
  const { facts, operation, protocol, sink } = exchange;
  if (input.isResumed) return resumedReply(input);
  if (translation) return translatedReply(input, translation);
  if (isUnread(exchange)) return rawReply(exchange, host);
  if (!facts.stream) return new UnaryReply({ sink, host, operation, protocol, maxHeldBytes: MAX_HELD_ANSWER });
  const wire = operation === 'chat' ? findProtocol(protocol) : sse;
  const reader = streamReader(input);
  return new StreamReply({
    sink,
    host,
    reader,
    wire,
    contentType: undefined,
    maxEventBytes: MAX_EVENT_BYTES,
    sent: input.sent,
    isHeldWhole: exchange.recovery?.isHeldWhole === true,
  });
}

/** Pictures and transcriptions tell at the end of their answer what they took. */
function rawReply({ operation, sink }: Exchange, host: ReplyHost): RawReply {
  const tellsUsage = operation === 'images' || operation === 'transcription';
  return new RawReply({
    sink,
    host,
    passesEveryStatus: operation === 'proxy',
    // A transcription of silence, as text or as subtitles; of forwarded paths nothing is known.
    mayBeEmpty: operation === 'proxy' || operation === 'transcription',
    // Some servers call a transcription that is plain text a page.
    refusesPages: operation === 'images' || operation === 'speech',
    decodeUsage: tellsUsage ? decodeUsage : undefined,
  });
}

/** The rest of an answer whose beginning the caller has; it is always written anew. */
function resumedReply({ exchange, host, newId, translation }: ReplyBodyInput): ReplyBody {
  const wire = translation?.upstream ?? findProtocol(exchange.protocol);
  const decoder = wire.upstream.createStreamDecoder({ idSeed: newId(), choices: exchange.facts.choices });
  return new StreamReply({
    sink: exchange.sink,
    host,
    reader: exchange.recovery!.reader(decoder),
    wire,
    contentType: undefined,
    maxEventBytes: MAX_EVENT_BYTES,
    isResumed: true,
  });
}

/** Operations whose replies are not held: audio, images, forwarded paths. */
export function isUnread({ operation, facts }: Exchange): boolean {
  if (operation === 'images') return !facts.stream;
  return operation === 'proxy' || operation === 'speech' || operation === 'transcription';
}

function streamReader({ exchange, newId }: ReplyBodyInput): StreamReader {
  const { facts, operation, protocol } = exchange;
  if (operation !== 'chat' && operation !== 'responses' && operation !== 'completions') return new EventStreamReader();
  const { upstream } = findProtocol(protocol);
  const options = { choices: facts.choices, hideUsage: !facts.includeUsage };
  return (
    upstream.createStreamReader?.(options) ??
    new ProtocolStreamReader(upstream.createStreamDecoder({ idSeed: newId(), choices: facts.choices }))
  );
}

function translatedReply({ exchange, host, newId, sent }: ReplyBodyInput, translation: Translation): ReplyBody {
  const { facts, sink } = exchange;
  const { client, upstream } = translation;
  const idSeed = newId();
  const decodeContext = { idSeed, choices: facts.choices };
  const answerContext = answerContextOf(exchange, translation.request, idSeed);
  if (!facts.stream) {
    const rewrite = rewriteChat({ client, upstream, decodeContext, answerContext });
    const { answerMembers, decodeUsage } = upstream.upstream;
    const { usage } = answerMembers;
    const usageOf = (answer: JsonObject) => (usage === undefined ? undefined : decodeUsage(answer[usage]));
    return new TranslatedUnary({ sink, host, rewrite, usageOf, maxBytes: MAX_TRANSLATED_ANSWER });
  }
  const decoder = upstream.upstream.createStreamDecoder(decodeContext);
  const encoder = client.client.createStreamEncoder(answerContext);
  return new StreamReply({
    sink,
    host,
    reader: new TranslatingStreamReader(decoder, sent?.record(encoder) ?? encoder),
    wire: upstream,
    contentType: answerContext.isSse ? client.streamType : 'application/json',
    maxEventBytes: MAX_EVENT_BYTES,
    isHeldWhole: exchange.recovery?.isHeldWhole === true,
  });
}
