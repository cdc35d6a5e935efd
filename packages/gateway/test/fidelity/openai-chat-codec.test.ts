import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ChatAnswer } from '../../src/canonical/chat-answer.ts';
import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import type { ChatRequest } from '../../src/canonical/conversation.ts';
import { GatewayError } from '../../src/canonical/gateway-error.ts';
import { asString, isObject, type JsonObject, objectsIn } from '../../src/canonical/json.ts';
import { parseExact } from '../../src/framing/exact-json.ts';
import { SseSplitter } from '../../src/framing/sse-splitter.ts';
import openaiChat from '../../src/protocols/openai-chat/protocol.ts';
import type { AnswerContext, RequestQuirks } from '../../src/protocols/protocol.ts';
import { naiveAnswer, naiveStream, normalizeRequest } from './openai-chat-reading.ts';

// Real traffic of the wire: what is read and written again says the same.

const folder = process.env['RECORDINGS'] ?? fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));

interface Exchange {
  readonly place: string;
  readonly provider: string;
  readonly text: string;
  readonly request: JsonObject;
  readonly status: number;
  readonly reply: string;
  readonly chunks: readonly number[] | undefined;
}

function readExchanges(): Exchange[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz'));
  return names.flatMap((name) =>
    gunzipSync(readFileSync(`${folder}/${name}`))
      .toString('utf8')
      .split('\n')
      .flatMap((line, index) => (line === '' ? [] : (exchangeOf(JSON.parse(line), `${name}:${index}`) ?? []))),
  );
}

function exchangeOf(row: JsonObject, place: string): Exchange | undefined {
  const { api, prov, req, res, status, chunks } = row;
  if (api !== 'chat_completions' || typeof req !== 'string' || !req.startsWith('{')) return undefined;
  const shared = {
    place,
    provider: String(prov),
    status: Number(status),
    reply: typeof res === 'string' ? res.trimStart() : '',
  };
  return {
    ...shared,
    text: req,
    request: parseExact(req) as JsonObject,
    chunks: Array.isArray(chunks) ? (chunks as number[]) : undefined,
  };
}

const exchanges = existsSync(folder) ? readExchanges() : [];
const served = exchanges.filter(({ status }) => status === 200);
const unary = served.filter(({ reply }) => reply.startsWith('{'));
const streams = served.filter(({ reply }) => /^(?:data|event|:)/m.test(reply) && !reply.startsWith('{'));

const context: AnswerContext = {
  id: 'x',
  model: 'm',
  created: 1,
  includeUsage: true,
  isSse: true,
  request: {} as ChatRequest,
};

const title = exchanges.length === 0 ? `no recordings in ${folder}` : `recorded exchanges in ${folder}`;

describe.skipIf(exchanges.length === 0)(title, () => {
  it('has requests that come out as they went in', () => {
    const report = compareAll(exchanges, requestException, ({ request, text, provider }) => {
      const facts = openaiChat.client.readFacts(JSON.parse(text) as JsonObject);
      const quirks = quirksOf(request, provider);
      const written = openaiChat.upstream.encodeRequest(openaiChat.client.decodeRequest(request, facts), {
        model: asString(request['model']),
        quirks,
        defaultMaxOutputTokens: 4096,
      });
      return [normalizeRequest(JSON.parse(text)), normalizeRequest(JSON.parse(written.toString('utf8')))];
    });
    expect(report('requests')).toEqual([]);
  });

  it('has answers that say the same after translation', () => {
    const report = compareAll(unary, answerException, ({ reply }) => {
      const body = parseExact(reply) as JsonObject;
      const answer = openaiChat.upstream.decodeAnswer(body, { idSeed: 'seed' });
      const written = openaiChat.client.encodeAnswer(answer, context).toString('utf8');
      const again = openaiChat.upstream.decodeAnswer(parseExact(written) as JsonObject, { idSeed: 'seed' });
      expect(again.usage).toEqual(answer.usage);
      expect(withoutRaw({ ...again, usage: undefined })).toEqual(withoutRaw({ ...answer, usage: undefined }));
      return [naiveAnswer(JSON.parse(reply)), naiveAnswer(JSON.parse(written))];
    });
    expect(report('answers')).toEqual([]);
  });

  it('has streams that say the same, however they were cut', () => {
    const report = compareAll(streams, answerException, ({ reply, chunks }) => {
      const bytes = Buffer.from(reply);
      const { events, isFinished } = decodeStream(cut(bytes, chunks));
      const naive = naiveStream(reply);
      if (naive.hasError) return ['error', events.at(-1)?.type];
      expect(isFinished).toBe(events.at(-1)?.type === 'end');
      if (!isFinished) return [naive.answer, undefined];
      const answer = collectAnswer(events);
      const written = JSON.parse(openaiChat.client.encodeAnswer(answer, context).toString('utf8')) as JsonObject;
      expect(withoutRaw(collectAnswer(restream(events)))).toEqual(withoutRaw(answer));
      return [naive.answer, naiveAnswer(written)];
    });
    expect(report('streams')).toEqual([]);
  });

  it('has streams that say the same byte by byte', () => {
    const small = streams.filter(({ reply }) => reply.length < 60_000);
    for (const { reply } of small.filter((_, index) => index % 8 === 0)) {
      const bytes = Buffer.from(reply);
      expect(decodeStream([...bytes].map((byte) => Buffer.from([byte]))).events).toEqual(decodeStream([bytes]).events);
    }
  });
});

/** Compares pairs; the function that is returned prints the counts and names what disagrees. */
function compareAll(
  all: readonly Exchange[],
  exceptionOf: (exchange: Exchange) => string | undefined,
  pairOf: (exchange: Exchange) => readonly [unknown, unknown],
): (what: string) => unknown[] {
  const exceptions = new Map<string, number>();
  const different: unknown[] = [];
  let agree = 0;
  for (const exchange of all) {
    const exception = exceptionOf(exchange);
    if (exception !== undefined) {
      exceptions.set(exception, (exceptions.get(exception) ?? 0) + 1);
      continue;
    }
    let pair: readonly [unknown, unknown];
    try {
      pair = pairOf(exchange);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      pair = ['', error.message];
    }
    const [expected, found] = pair;
    if (JSON.stringify(sorted(expected)) === JSON.stringify(sorted(found))) agree++;
    else different.push(`${exchange.place} ${firstDifference(sorted(expected), sorted(found), '')}`);
  }
  return (what) => {
    console.log(`${what}: ${agree} of ${all.length} agree; exceptions:`, Object.fromEntries(exceptions));
    return different;
  };
}

function firstDifference(left: unknown, right: unknown, path: string): string {
  if (typeof left === 'object' && typeof right === 'object' && left !== null && right !== null) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    for (const key of keys) {
      const [before, after] = [left[key as keyof typeof left], right[key as keyof typeof right]];
      if (JSON.stringify(before) !== JSON.stringify(after)) return firstDifference(before, after, `${path}.${key}`);
    }
  }
  return `${path}: ${JSON.stringify(left)?.slice(0, 200)} became ${JSON.stringify(right)?.slice(0, 200)}`;
}

/** Exchanges that cannot come out the same, and why. */
function requestException({ request }: Exchange): string | undefined {
  const messages = objectsIn(request['messages']);
  const partTypes = messages.flatMap(({ content }) => objectsIn(content).map(({ type }) => type));
  if (messages.length === 0) return 'no messages: refused, as the provider did';
  if (messages.some(({ role, tool_call_id: id }) => role === 'tool' && id === undefined)) {
    return 'results without an id get that of their call';
  }
  if (messages.some(({ role, content }) => role === 'user' && content === null)) return 'a message without content';
  const calls = messages.flatMap((message) => objectsIn(message['tool_calls']));
  if (calls.some(({ id }) => String(id).length > 40)) return 'ids of calls that are longer than OpenAI takes';
  if (request['functions'] !== undefined) return 'functions of old become tools';
  if (partTypes.some((type) => type === 'document_url' || type === 'file_url')) {
    return 'documents of Mistral and Perplexity become files as OpenAI has them';
  }
  if (messages.some(({ role, content }) => role === 'tool' && objectsIn(content).some(({ type }) => type !== 'text'))) {
    return 'media of tool results follow as messages of the user';
  }
  return undefined;
}

function answerException({ reply }: Exchange): string | undefined {
  return reply === '' ? 'no reply' : undefined;
}

function quirksOf(request: JsonObject, provider: string): RequestQuirks {
  const messages = objectsIn(request['messages']);
  const has = (key: string) => messages.some((message) => message[key] !== undefined);
  const thinks = messages.some(({ content }) => objectsIn(content).some(({ type }) => type === 'thinking'));
  const history = has('reasoning_details')
    ? 'reasoning_details'
    : has('reasoning_content')
      ? 'reasoning_content'
      : undefined;
  const reasoningHistory = thinks ? 'thinking' : history;
  const form = (['reasoning', 'thinking', 'enable_thinking'] as const).find((key) => request[key] !== undefined);
  return {
    maxTokensField: request['max_tokens'] !== undefined ? 'max_tokens' : 'max_completion_tokens',
    ...(reasoningHistory ? { reasoningHistory } : {}),
    ...(form && provider !== '' ? { reasoningForm: form } : {}),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

function decodeStream(pieces: readonly Buffer[]): { readonly events: ChatEvent[]; readonly isFinished: boolean } {
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent): void => {
    if (event.type !== 'ping') events.push(event);
  };
  const decoder = openaiChat.upstream.createStreamDecoder({ idSeed: 'seed' });
  const splitter = new SseSplitter({ maxEventBytes: 1 << 22, onEvent: (event) => decoder.read(event, emit) });
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  decoder.finish(emit);
  return { events, isFinished: decoder.isFinished };
}

/** The events after they were written for a client and read again. */
function restream(events: readonly ChatEvent[]): ChatEvent[] {
  const encoder = openaiChat.client.createStreamEncoder(context);
  return decodeStream(events.map((event) => encoder.push(event))).events;
}

/** What a client can be told: not the upstream's own words, and of an unknown end only that it was one. */
function withoutRaw(answer: ChatAnswer): unknown {
  const text = JSON.stringify(answer, (key, value: unknown) => {
    if (key === 'raw') return undefined;
    return key === 'reason' && value === 'other' ? 'stop' : value;
  });
  return JSON.parse(text) as unknown;
}

function cut(bytes: Buffer, sizes: readonly number[] | undefined): Buffer[] {
  if (!sizes) return [bytes];
  const pieces: Buffer[] = [];
  let from = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(from, from + size));
    from += size;
  }
  return [...pieces, bytes.subarray(from)];
}
