import type { ChatAnswer } from '../packages/gateway/src/canonical/chat-answer.ts';
import type { ChatEvent } from '../packages/gateway/src/canonical/chat-event.ts';
import type { ChatRequest } from '../packages/gateway/src/canonical/conversation.ts';
import { isObject, type JsonObject } from '../packages/gateway/src/canonical/json.ts';
import { type ProtocolName, protocolNames } from '../packages/gateway/src/canonical/protocol-name.ts';
import { parseExact } from '../packages/gateway/src/framing/exact-json.ts';
import { createFrameSplitter } from '../packages/gateway/src/framing/frame-splitter.ts';
import { findProtocol } from '../packages/gateway/src/protocols/find-protocol.ts';
import type { AnswerContext } from '../packages/gateway/src/protocols/protocol.ts';
import { TranslatingStreamReader } from '../packages/gateway/src/protocols/protocol-stream-reader.ts';
import { translateRequest } from '../packages/gateway/src/translation/translation.ts';

/** What `codecs.mjs` measures: streams and small requests, from each wire to each. */

export const names: readonly ProtocolName[] = protocolNames;

const idSeed = '0123456789abcdef';
const sentence = 'The benchmark answers with a sentence of ordinary length, as a model would. '.repeat(4).trim();
const question: JsonObject = {
  model: 'bench-model',
  temperature: 0.7,
  max_tokens: 256,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'The quick brown fox jumps over the lazy dog. '.repeat(2) },
  ],
};
const chat = findProtocol('openai-chat').client;
const asked = chat.decodeRequest(question, chat.readFacts(question));

/** The work of translating so many events, framing included, of streams of 500. */
export function streamWork(from: ProtocolName, to: ProtocolName): (events: number) => void {
  const bytes = streamOf(from);
  const context = contextFor(asked);
  return (events) => {
    for (let told = 0; told < events; told += STREAM_EVENTS) translateStream({ from, to, bytes, context });
  };
}

const STREAM_EVENTS = 500;
/** As much as a read of a socket brings. */
const CHUNK_BYTES = 16_384;

interface StreamWork {
  readonly from: ProtocolName;
  readonly to: ProtocolName;
  readonly bytes: Buffer;
  readonly context: AnswerContext;
}

function translateStream({ from, to, bytes, context }: StreamWork): void {
  const { framing, upstream } = findProtocol(from);
  const encoder = findProtocol(to).client.createStreamEncoder(context);
  const reader = new TranslatingStreamReader(upstream.createStreamDecoder({ idSeed }), encoder);
  let written = 0;
  const splitter = createFrameSplitter(framing, {
    maxEventBytes: 1 << 20,
    onEvent: (event) => {
      reader.read(event);
      written += reader.takeOutput().length;
    },
  });
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) splitter.push(bytes.subarray(at, at + CHUNK_BYTES));
  written += reader.terminator().length;
  if (!reader.isFinished || written === 0) throw new Error(`A stream from ${from} to ${to} did not end.`);
}

function streamOf(wire: ProtocolName): Buffer {
  const encoder = findProtocol(wire).client.createStreamEncoder(contextFor(asked));
  const events: ChatEvent[] = [
    { type: 'start', id: 'bench', model: 'bench-model', created: 1_760_000_000, serviceTier: undefined },
    { type: 'part-start', index: 0, choice: 0, part: { type: 'text' } },
    ...Array.from({ length: STREAM_EVENTS }, (): ChatEvent => ({ type: 'delta', index: 0, text: ' word' })),
    { type: 'part-end', index: 0 },
    { type: 'finish', choice: 0, finish: { reason: 'stop', raw: undefined } },
    { type: 'usage', usage: { input: 42, output: 64 } },
    { type: 'end' },
  ];
  return Buffer.concat(events.map((event) => encoder.push(event)));
}

/** The work of reading so many requests of one wire, writing them on the other, and taking the answers back. */
export function unaryWork(client: ProtocolName, upstream: ProtocolName): (requests: number) => void {
  const request = Buffer.from(bodyFor(client, asked));
  const answer = findProtocol(upstream).client.encodeAnswer(plainAnswer, contextFor(asked)).toString('utf8');
  return (requests) => {
    for (let count = 0; count < requests; count++) translateOnce({ client, upstream, request, answer });
  };
}

const plainAnswer: ChatAnswer = {
  id: 'bench',
  model: 'bench-model',
  created: 1_760_000_000,
  serviceTier: undefined,
  usage: { input: 42, output: 64 },
  choices: [
    {
      index: 0,
      parts: [{ type: 'text', text: sentence }],
      finish: { reason: 'stop', raw: undefined },
      logprobs: undefined,
    },
  ],
};

interface UnaryWork {
  readonly client: ProtocolName;
  readonly upstream: ProtocolName;
  readonly request: Buffer;
  readonly answer: string;
}

function translateOnce({ client, upstream, request, answer }: UnaryWork): void {
  const { client: side } = findProtocol(client);
  const body = objectIn(request.toString('utf8'));
  const conversation = side.decodeRequest(body, side.readFacts(body));
  const translation = translateRequest({
    conversation,
    client,
    upstream,
    model: 'bench-model',
    quirks: {},
    maxOutputTokens: undefined,
    fetchMedia: () => Promise.reject(new Error('Nothing is fetched.')),
  });
  if (translation instanceof Promise) throw new Error('Nothing is to be waited for.');
  const read = findProtocol(upstream).upstream.decodeAnswer(objectIn(answer), { idSeed });
  const reply = side.encodeAnswer(read, contextFor(translation.request));
  if (reply.length === 0) throw new Error('Nothing was answered.');
}

function bodyFor(wire: ProtocolName, request: ChatRequest): Buffer {
  const context = { model: 'bench-model', quirks: {}, defaultMaxOutputTokens: 4_096 };
  return findProtocol(wire).upstream.encodeRequest(request, context);
}

function objectIn(text: string): JsonObject {
  const value = parseExact(text);
  if (!isObject(value)) throw new Error('A body is no object.');
  return value;
}

function contextFor(request: ChatRequest): AnswerContext {
  return { id: idSeed, model: 'bench-model', created: 1_760_000_000, includeUsage: true, request, isSse: true };
}
