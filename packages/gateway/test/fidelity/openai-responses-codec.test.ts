import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ChatAnswer } from '../../src/canonical/chat-answer.ts';
import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import { asString, isObject, type JsonObject, objectsIn } from '../../src/canonical/json.ts';
import { parseExact, writeExact } from '../../src/framing/exact-json.ts';
import { SseSplitter } from '../../src/framing/sse-splitter.ts';
import protocol from '../../src/protocols/openai-responses/protocol.ts';
import type { AnswerContext, Protocol } from '../../src/protocols/protocol.ts';
import { noRecordings, type RecordedExchange, readRecordings } from './recorded-exchanges.ts';

const { client, upstream }: Protocol = protocol;
const exchanges = [...readRecordings().values()].flat().filter(({ tail }) => tail === 'responses');
const good = exchanges.filter(({ status }) => status === 200);
const streams = good.filter(({ isStream }) => isStream);
const unary = good.filter(({ isStream }) => !isStream);

/** Requests that do not come out as they went in, and why. */
const requestExceptions: readonly (readonly [reason: string, has: (body: JsonObject) => boolean])[] = [
  ['`prompt` names a text that lies with the provider', (body) => isObject(body['prompt'])],
];

describe.skipIf(noRecordings !== undefined)('recorded exchanges of the Responses API', () => {
  it('are here', () => {
    expect(exchanges.length).toBeGreaterThan(900);
  });

  it('have requests that come out as they went in', () => {
    const excepted = new Map<string, number>();
    const wrong: string[] = [];
    for (const exchange of exchanges) {
      const body = parseExact(exchange.request) as JsonObject;
      const exception = requestExceptions.find(([, has]) => has(body))?.[0];
      if (exception) excepted.set(exception, (excepted.get(exception) ?? 0) + 1);
      else if (!isSame(normalRequest(rewritten(body)), normalRequest(body))) wrong.push(nameOf(exchange));
    }
    const exceptions = [...excepted.values()].reduce((sum, count) => sum + count, 0);
    report('requests', exchanges.length - wrong.length - exceptions, exchanges.length, excepted);
    expect(exceptions / exchanges.length).toBeLessThan(0.01);
    expect(wrong).toEqual([]);
  });

  it('have answers that keep all that matters', () => {
    const wrong = unary.filter((exchange) => {
      const body = parseExact(exchange.reply.toString('utf8')) as JsonObject;
      const answer = upstream.decodeAnswer(body, { idSeed: 'seed' });
      const again = upstream.decodeAnswer(encoded(answer, exchange), { idSeed: 'seed' });
      return !isSame(essence(answer), naive(body)) || !isSame(comparable(again), comparable(answer));
    });
    report('answers', unary.length - wrong.length, unary.length);
    expect(wrong.map(nameOf)).toEqual([]);
  });

  it('have streams that read as their last event says', () => {
    const wrong = streams.filter((exchange) => {
      const events = read(exchange.reply, exchange.reply.length);
      const answer = collectAnswer(events);
      return events.at(-1)?.type !== 'end' || !isSame(essence(answer), naive(lastResponse(exchange)));
    });
    report('streams', streams.length - wrong.length, streams.length);
    expect(wrong.map(nameOf)).toEqual([]);
  });

  it('have streams that read the same at every byte', () => {
    for (const { reply } of streams.filter((_, index) => index % 20 === 0)) {
      expect(read(reply, 1)).toEqual(read(reply, reply.length));
    }
  });

  it('have streams that are the same when written anew', () => {
    const wrong = streams.filter((exchange) => {
      const events = read(exchange.reply, exchange.reply.length);
      const encoder = client.createStreamEncoder(contextOf(exchange));
      const bytes = Buffer.concat(events.map((event) => encoder.push(event)));
      const again = read(bytes, bytes.length);
      return (
        again.at(-1)?.type !== 'end' || !isSame(comparable(collectAnswer(again)), comparable(collectAnswer(events)))
      );
    });
    report('streams written anew', streams.length - wrong.length, streams.length);
    expect(wrong.map(nameOf)).toEqual([]);
  });

  it('never look whole when cut', () => {
    for (const { reply } of streams) {
      const cut = reply.subarray(0, reply.lastIndexOf('data:'));
      expect(read(cut, cut.length).map(({ type }) => type)).not.toContain('end');
    }
  });
});

function rewritten(body: JsonObject): JsonObject {
  const request = client.decodeRequest(body, client.readFacts(body));
  const context = { model: asString(body['model']), quirks: {}, defaultMaxOutputTokens: 4096 };
  return parseExact(upstream.encodeRequest(request, context).toString()) as JsonObject;
}

/**
 * What means the same is made the same:
 * - a message may go without its type, and its text may be a string or one text part;
 * - ids and status of messages and calls, and `phase`, only repeat what the provider said;
 * - images without a detail are looked at as with `auto`;
 * - no logprobs or annotations are as good as empty ones; pieces of a summary are one text;
 * - `stream: false`, `tool_choice: null` and the like are as good as nothing;
 * - tools nested as on the chat wire are as good as flat ones; arguments may be left out where there are none.
 */
function normalRequest({ input, tools, stream, ...rest }: JsonObject): JsonObject {
  return withoutNull({
    ...rest,
    stream: stream === true || undefined,
    tools: Array.isArray(tools) && tools.length > 0 ? objectsIn(tools).map(normalTool) : undefined,
    input:
      typeof input === 'string'
        ? [{ type: 'message', role: 'user', content: input }]
        : objectsIn(input).map(normalItem),
  });
}

function normalItem(item: JsonObject): JsonObject {
  const { id, status, phase: _, content, ...rest } = item;
  const type = item['type'] ?? 'message';
  if (type === 'message') return { ...rest, type, content: normalContent(content) };
  if (type === 'reasoning') {
    const text = objectsIn(item['summary']).map((piece) => piece['text']);
    return { ...rest, id, summary: text.join('\n\n') };
  }
  return /^(function|custom_tool)_call/.test(String(type)) ? rest : withoutNull({ ...rest, id, status, content });
}

function normalContent(content: unknown): unknown {
  if (typeof content === 'string') return content;
  const parts = objectsIn(content).map(({ annotations, logprobs: _, ...part }) => ({
    ...(part['type'] === 'input_image' ? { detail: 'auto' } : {}),
    ...part,
    ...(Array.isArray(annotations) && annotations.length > 0 ? { annotations } : {}),
  }));
  const [first] = parts;
  return parts.length === 1 && first && Object.keys(first).length === 2 && 'text' in first ? first['text'] : parts;
}

function normalTool({ function: nested, ...tool }: JsonObject): JsonObject {
  const members = { ...withoutNull(tool), ...(isObject(nested) ? withoutNull(nested) : {}) };
  return tool['type'] === 'function' ? { parameters: { type: 'object', properties: {} }, ...members } : members;
}

function withoutNull(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));
}

/** What an answer says, read from its `response` object without the codec. */
function naive(response: JsonObject): unknown {
  const items = objectsIn(response['output']);
  const contents = items.flatMap((item) => (item['type'] === 'message' ? objectsIn(item['content']) : []));
  const calls = items.filter(({ type }) => type === 'function_call' || type === 'custom_tool_call');
  const usage = response['usage'] as Readonly<Record<string, JsonObject>>;
  const incomplete = isObject(response['incomplete_details']) ? response['incomplete_details']['reason'] : undefined;
  const last = items.findLast(({ type }) => type !== 'reasoning')?.['type'];
  return {
    text: contents.map((content) => content['text'] ?? '').join(''),
    refusal: contents.map((content) => content['refusal'] ?? '').join(''),
    citations: contents.flatMap((content) => (content['annotations'] ?? []) as unknown[]),
    calls: calls.map((call) => [call['call_id'], call['name'], call['arguments'] ?? call['input']]),
    reasoning: items
      .filter(({ type }) => type === 'reasoning')
      .map(naiveReasoning)
      .join(''),
    proofs: items.map((item) => item['encrypted_content']).filter((proof) => typeof proof === 'string'),
    usage: [
      usage['input_tokens'],
      usage['output_tokens'],
      usage['input_tokens_details']?.['cached_tokens'],
      usage['output_tokens_details']?.['reasoning_tokens'],
    ],
    finish: incomplete ?? (last === 'message' || last === undefined ? 'message' : last),
  };
}

function naiveReasoning(item: JsonObject): string {
  const summary = objectsIn(item['summary']).map(({ text }) => text);
  return (summary.length > 0 ? summary : objectsIn(item['content']).map(({ text }) => text)).join('\n\n');
}

/** The same of an answer as the codec has it. */
function essence({ choices, usage }: ChatAnswer): unknown {
  const { parts, finish } = choices[0]!;
  const joined = (type: string) =>
    parts.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('');
  const last = parts.findLast(({ type }) => type !== 'reasoning');
  const lastType =
    last?.type === 'tool-call' ? (last.kind === 'custom' ? 'custom_tool_call' : 'function_call') : 'message';
  const words: Readonly<Record<string, string>> = { stop: 'message', refusal: 'message', 'tool-calls': lastType };
  return {
    text: joined('text'),
    refusal: joined('refusal'),
    citations: parts.flatMap((part) => (part.type === 'text' ? (part.citations ?? []) : [])).map(({ raw }) => raw),
    calls: parts.flatMap((part) => (part.type === 'tool-call' ? [[part.id, part.name, part.arguments]] : [])),
    reasoning: joined('reasoning'),
    proofs: parts.flatMap((part) => (part.type === 'reasoning' && part.signature ? [part.signature.value] : [])),
    usage: [usage?.input, usage?.output, usage?.cachedInput, usage?.reasoning],
    finish: words[finish.reason] ?? finish.raw,
  };
}

/**
 * Of an answer, all that has to stay. Ids of answers that are not this wire's own are made anew; the tier is known at a
 * stream's end only; details of usage are always written; empty reasoning is left out, and what follows it moves up.
 */
function comparable({ choices, usage, model, created }: ChatAnswer): unknown {
  const placeless = choices.map(({ parts, ...choice }) => ({
    ...choice,
    parts: parts.map((part) => (part.type === 'foreign' ? { ...part, path: '' } : part)),
  }));
  return { choices: placeless, usage: { cacheWriteInput: 0, ...usage }, model, created };
}

function encoded(answer: ChatAnswer, exchange: RecordedExchange): JsonObject {
  return parseExact(client.encodeAnswer(answer, contextOf(exchange)).toString()) as JsonObject;
}

function contextOf({ request }: RecordedExchange): AnswerContext {
  const body = parseExact(request) as JsonObject;
  return {
    id: 'exchange-1',
    model: 'm',
    created: 1,
    includeUsage: true,
    isSse: true,
    request: client.decodeRequest(body, client.readFacts(body)),
  };
}

function read(bytes: Buffer, step: number): ChatEvent[] {
  const decoder = upstream.createStreamDecoder({ idSeed: 'seed' });
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent) => events.push(event);
  const splitter = new SseSplitter({ maxEventBytes: 1 << 24, onEvent: (event) => decoder.read(event, emit) });
  for (let at = 0; at < bytes.length; at += step) splitter.push(bytes.subarray(at, at + step));
  splitter.end();
  decoder.finish(emit);
  return events;
}

/**
 * The last event's `response`, with the items as their own events had them: OpenAI enciphers reasoning anew for the last
 * event, so that one item has two ciphers (10 streams of 256).
 */
function lastResponse({ reply }: RecordedExchange): JsonObject {
  const lines = reply.toString('utf8').split(/\r?\n/);
  const data = lines
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as JsonObject);
  const output = data.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
  return { ...(data.at(-1)!['response'] as JsonObject), output };
}

function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

/** Members that are undefined are as good as none. */
function plain(value: unknown): unknown {
  return JSON.parse(writeExact(value));
}

function nameOf({ provider, index }: RecordedExchange): string {
  return `${provider}#${index}`;
}

function report(what: string, agreeing: number, total: number, excepted?: ReadonlyMap<string, number>): void {
  const exceptions = [...(excepted ?? [])].map(([reason, count]) => `${count}: ${reason}`);
  console.log(
    `${what}: ${agreeing} of ${total} agree${exceptions.length > 0 ? ` (excepted ${exceptions.join('; ')})` : ''}`,
  );
}
