import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ChatAnswer } from '../../src/canonical/chat-answer.ts';
import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import type { ChatRequest } from '../../src/canonical/conversation.ts';
import { isObject, type JsonObject, objectsIn } from '../../src/canonical/json.ts';
import { parseExact } from '../../src/framing/exact-json.ts';
import { SseSplitter } from '../../src/framing/sse-splitter.ts';
import gemini from '../../src/protocols/gemini/protocol.ts';
import { UNSIGNED, writeSignature } from '../../src/protocols/gemini/signatures.ts';
import { wireForm } from './gemini-wire-form.ts';

const unsigned = writeSignature(UNSIGNED);

const folder = process.env['RECORDINGS'] ?? fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const missing = existsSync(folder) ? undefined : `no recordings in ${folder}`;
if (missing !== undefined) console.log(`Gemini's codec is not tried on recorded traffic: ${missing}`);

interface Exchange {
  readonly place: string;
  readonly request: string;
  readonly status: number;
  readonly reply: string;
  readonly isStream: boolean;
  /** Byte lengths in which the network delivered the reply. */
  readonly chunks: readonly number[] | undefined;
}

const exchanges = ['gemini', 'vertexai', 'localhost'].flatMap(readExchanges);
const context = { model: undefined, quirks: {}, defaultMaxOutputTokens: 4096 };
const decoding = { idSeed: '0123456789abcdef' };

test.skipIf(missing)('every recorded request comes out as it went in', () => {
  const failures: string[] = [];
  for (const { place, request, isStream } of exchanges) {
    const body = parseExact(request) as JsonObject;
    const facts = { ...gemini.client.readFacts(body), stream: isStream };
    const written = gemini.upstream.encodeRequest(gemini.client.decodeRequest(body, facts), context);
    const [expected, actual] = [wireForm(JSON.parse(request)), wireForm(JSON.parse(written.toString()))];
    if (!isSame(expected, actual)) failures.push(`${place}\n${short(expected)}\n${short(actual)}`);
  }
  console.log(`requests: ${exchanges.length - failures.length} of ${exchanges.length} agree`);
  expect(failures).toEqual([]);
});

test.skipIf(missing)('every recorded answer is read as it says, and written so again', () => {
  const failures: string[] = [];
  const answers = exchanges.filter(({ status, isStream }) => status === 200 && !isStream);
  for (const { place, reply } of answers) {
    const expected = reading([JSON.parse(reply) as JsonObject]);
    const answer = gemini.upstream.decodeAnswer(parseExact(reply) as JsonObject, decoding);
    if (!isSame(readingOf(answer), expected))
      failures.push(`${place} decoded\n${short(expected)}\n${short(readingOf(answer))}`);
    const written = gemini.client.encodeAnswer(answer, answerContext);
    const again = reading([JSON.parse(written.toString()) as JsonObject]);
    // One recording has no `finishReason`; callers of the gateway always get one.
    const whole = { ...expected, finish: expected.finish ?? 'OTHER' };
    if (!isSame(again, whole)) failures.push(`${place} encoded\n${short(whole)}\n${short(again)}`);
  }
  console.log(`answers: ${answers.length - failures.length} of ${answers.length} agree`);
  expect(failures).toEqual([]);
});

test.skipIf(missing)('every recorded stream is read as it says, however it is cut, and written so again', () => {
  const failures: string[] = [];
  const streams = exchanges.filter(({ status, isStream }) => status === 200 && isStream);
  for (const { place, reply, chunks } of streams) {
    const isArray = !reply.trimStart().startsWith('data:');
    const values = isArray ? (JSON.parse(reply) as JsonObject[]) : naiveEvents(reply);
    const expected = reading(values);
    // A stream that was recorded as an array is played as the events that an upstream is asked for.
    const bytes = Buffer.from(
      isArray ? values.map((value) => `data: ${JSON.stringify(value)}\r\n\r\n`).join('') : reply,
    );
    const cuts = [[bytes.length], ...(isArray || !chunks ? [] : [chunks]), ones(bytes)];
    for (const lengths of cuts) {
      const events = decode(bytes, lengths);
      const answer = readingOf(collectAnswer(events));
      if (!isSame(answer, expected)) failures.push(`${place} decoded\n${short(expected)}\n${short(answer)}`);
      if (events.at(-1)?.type !== 'end') failures.push(`${place} does not end`);
    }
    for (const isSse of [true, false]) {
      const again = reading(reencode(decode(bytes, [bytes.length]), isSse));
      if (!isSame(again, expected)) failures.push(`${place} encoded\n${short(expected)}\n${short(again)}`);
    }
  }
  console.log(`streams: ${streams.length - failures.length} of ${streams.length} agree`);
  expect(failures).toEqual([]);
});

test.skipIf(missing)('no recorded stream that is cut short looks whole', () => {
  const streams = exchanges.filter(
    ({ status, isStream, reply }) => status === 200 && isStream && reply.startsWith('data:'),
  );
  for (const { reply } of streams) {
    const events = naiveEvents(reply).map((value) => Buffer.from(`data: ${JSON.stringify(value)}\r\n\r\n`));
    for (let count = 0; count < events.length; count++) {
      const cut = Buffer.concat(events.slice(0, count));
      expect(decode(cut, [cut.length]).some(({ type }) => type === 'end' || type === 'finish')).toBe(false);
    }
  }
});

const answerContext = {
  id: 'made-up',
  model: 'asked-for',
  created: 0,
  includeUsage: true,
  request: {} as ChatRequest,
  isSse: true,
};

function readExchanges(provider: string): Exchange[] {
  if (missing !== undefined) return [];
  const lines = gunzipSync(readFileSync(`${folder}/${provider}.jsonl.gz`))
    .toString('utf8')
    .split('\n');
  return lines.flatMap((line, index) => {
    const row = (line === '' ? {} : JSON.parse(line)) as Record<string, unknown>;
    const { url, req, res, status, chunks } = row;
    const method = /:(generateContent|streamGenerateContent)(?:\?|$)/.exec(String(url))?.[1];
    if (method === undefined || typeof req !== 'string' || typeof res !== 'string') return [];
    const isStream = method === 'streamGenerateContent';
    const lengths = Array.isArray(chunks) ? (chunks as number[]) : undefined;
    return [
      { place: `${provider} ${index}`, request: req, reply: res, status: Number(status), isStream, chunks: lengths },
    ];
  });
}

/** What matters of an answer. */
interface Reading {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly JsonObject[];
  readonly media: readonly string[];
  readonly others: readonly unknown[];
  readonly signatures: readonly string[];
  readonly citations: number;
  readonly finish: string | undefined;
  readonly usage: readonly unknown[];
  readonly id: unknown;
  readonly model: unknown;
}

/** A reading of the wire's own objects that shares nothing with the codec. */
function reading(values: readonly JsonObject[]): Reading {
  const candidates = values.flatMap((value) => objectsIn(value['candidates']));
  const parts = candidates.flatMap(({ content }) => objectsIn((content as JsonObject | undefined)?.['parts']));
  const texts = parts.filter((part) => typeof part['text'] === 'string');
  const textOf = (isThought: boolean) =>
    texts
      .filter((part) => (part['thought'] === true) === isThought)
      .map((part) => part['text'])
      .join('');
  const finishes = candidates.map((candidate) => candidate['finishReason']).filter((reason) => reason !== undefined);
  const last = values.at(-1) ?? {};
  const known = new Set(['text', 'functionCall', 'inlineData']);
  return {
    text: textOf(false),
    thoughts: textOf(true),
    calls: parts.flatMap(({ functionCall }) =>
      isObject(functionCall) ? [{ name: functionCall['name'], args: functionCall['args'] }] : [],
    ),
    media: parts.flatMap(({ inlineData }) => (isObject(inlineData) ? [String(inlineData['data'])] : [])),
    others: parts.filter((part) => !Object.keys(part).some((key) => known.has(key))),
    // What clients get with a call that is not signed is no signature of Google's.
    signatures: parts.flatMap((part) => {
      const signature = part['thoughtSignature'] ?? unsigned;
      return signature === unsigned ? [] : [String(signature)];
    }),
    citations: candidates.map(citationsOf).reduce((sum, count) => sum + count, 0),
    finish: finishes.length === 0 ? undefined : finishes.at(-1) === 1 ? 'STOP' : String(finishes.at(-1)),
    usage: usageOf(last['usageMetadata']),
    id: values[0]?.['responseId'] ?? 'made-up',
    model: values[0]?.['modelVersion'] ?? 'asked-for',
  };
}

/** How many places in the answer cite how many sources; what is told twice counts once. */
function citationsOf({ groundingMetadata, citationMetadata }: JsonObject): number {
  const { groundingSupports } = (groundingMetadata ?? {}) as JsonObject;
  const grounded = objectsIn(groundingSupports).reduce(
    (sum, support) => sum + (support['groundingChunkIndices'] as []).length,
    0,
  );
  const recited = objectsIn((citationMetadata as JsonObject | undefined)?.['citations']).map(({ uri }) => uri);
  return grounded + new Set(recited.filter((uri) => uri !== undefined)).size;
}

function usageOf(value: unknown): unknown[] {
  const usage = (value ?? {}) as Record<string, number | undefined>;
  const input = (usage['promptTokenCount'] ?? 0) + (usage['toolUsePromptTokenCount'] ?? 0);
  const output = (usage['candidatesTokenCount'] ?? 0) + (usage['thoughtsTokenCount'] ?? 0);
  return [input, output, usage['thoughtsTokenCount'] ?? 0, usage['cachedContentTokenCount'] ?? 0];
}

/** The same of an answer in the vocabulary. */
function readingOf({ choices, usage, id, model }: ChatAnswer): Reading {
  const parts = choices.flatMap((choice) => choice.parts);
  const finish = choices[0]?.finish;
  const hasCall = parts.some(({ type }) => type === 'tool-call');
  if (finish?.raw === 'STOP' && finish.reason !== (hasCall ? 'tool-calls' : 'stop')) throw new Error('wrong reason');
  const ownSignature = (value: unknown) => (value as { thoughtSignature?: string }).thoughtSignature;
  return {
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    thoughts: parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join(''),
    calls: parts.flatMap((part) =>
      part.type === 'tool-call' ? [{ name: part.name, args: JSON.parse(part.arguments) }] : [],
    ),
    media: parts.flatMap((part) => ('source' in part && part.source.kind === 'data' ? [part.source.data] : [])),
    others: parts.flatMap((part) => (part.type === 'foreign' ? [part.value] : [])),
    signatures: parts.flatMap((part) => {
      const signature =
        'signature' in part ? part.signature?.value : part.type === 'foreign' ? ownSignature(part.value) : undefined;
      return signature === undefined ? [] : [signature];
    }),
    citations: parts.reduce((sum, part) => sum + (part.type === 'text' ? (part.citations?.length ?? 0) : 0), 0),
    finish: finish?.raw,
    usage: [usage?.input ?? 0, usage?.output ?? 0, usage?.reasoning ?? 0, usage?.cachedInput ?? 0],
    id: id ?? 'made-up',
    model: model ?? 'asked-for',
  };
}

function naiveEvents(reply: string): JsonObject[] {
  const lines = reply.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.map((line) => JSON.parse(line.slice(5)) as JsonObject);
}

function decode(bytes: Buffer, lengths: readonly number[]): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = gemini.upstream.createStreamDecoder(decoding);
  const take = (event: ChatEvent) => events.push(event);
  const splitter = new SseSplitter({ maxEventBytes: 1 << 26, onEvent: (event) => decoder.read(event, take) });
  let start = 0;
  for (const length of lengths) {
    splitter.push(bytes.subarray(start, start + length));
    start += length;
  }
  splitter.push(bytes.subarray(start));
  splitter.end();
  decoder.finish(take);
  return events;
}

function reencode(events: readonly ChatEvent[], isSse: boolean): JsonObject[] {
  const encoder = gemini.client.createStreamEncoder({ ...answerContext, isSse });
  const text = Buffer.concat(events.map((event) => encoder.push(event))).toString();
  return isSse ? naiveEvents(text) : (JSON.parse(text) as JsonObject[]);
}

function ones(bytes: Buffer): number[] {
  return bytes.length > 200_000 ? [bytes.length] : new Array<number>(bytes.length).fill(1);
}

function isSame(left: unknown, right: unknown): boolean {
  try {
    expect(left).toEqual(right);
    return true;
  } catch {
    return false;
  }
}

function short(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'string' ? item.slice(0, 100) : item)).slice(
    0,
    1500,
  );
}
