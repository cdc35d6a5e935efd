import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { answerEvents } from '../../src/canonical/answer-events.ts';
import type { ChatAnswer } from '../../src/canonical/chat-answer.ts';
import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import type { ChatRequest } from '../../src/canonical/conversation.ts';
import type { JsonObject } from '../../src/canonical/json.ts';
import { AwsEventSplitter } from '../../src/framing/aws-event-stream.ts';
import { parseExact } from '../../src/framing/exact-json.ts';
import protocol from '../../src/protocols/bedrock-converse/protocol.ts';
import { UNSIGNED } from '../../src/protocols/foreign-signature.ts';
import { type PlainAnswer, readPlainly, readStreamPlainly } from './plain-converse-answer.ts';
import { noRecordings } from './recorded-exchanges.ts';

// Real exchanges with Bedrock's Converse API, decoded and encoded again.

interface Recorded {
  readonly api: string;
  readonly file: string;
  readonly url: string;
  readonly req: string;
  readonly status: number;
  readonly res: string | { readonly b64: string };
  readonly chunks?: readonly number[];
}

const folder = process.env['RECORDINGS'] ?? fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));

function readRecorded(): readonly Recorded[] {
  if (noRecordings !== undefined) return [];
  const lines = gunzipSync(readFileSync(`${folder}/bedrock.jsonl.gz`))
    .toString('utf8')
    .split('\n');
  const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Recorded);
  return rows.filter(({ api }) => api === 'converse' || api === 'converse_stream');
}

const recorded = readRecorded();
const answered = recorded.filter(({ api, status }) => api === 'converse' && status === 200);
const streamed = recorded.filter(({ api, status }) => api === 'converse_stream' && status === 200);
/** Nothing of it shows on this wire. */
const answerContext = {
  id: 'x',
  model: 'm',
  created: 0,
  includeUsage: true,
  request: undefined as never,
  isSse: false,
};
const counts: Record<string, string> = {};

/** Differences between what was recorded and what is sent for it that change nothing. */
const normalisations: Readonly<Record<string, (body: JsonObject) => JsonObject>> = {
  'an empty inferenceConfig is left out': (body) => without(body, 'inferenceConfig', isEmpty),
  'reasoning_config, the first name of thinking, becomes thinking': (body) => {
    const { reasoning_config: first, ...fields } = (body['additionalModelRequestFields'] ?? {}) as JsonObject;
    return first === undefined ? body : { ...body, additionalModelRequestFields: { ...fields, thinking: first } };
  },
};

function without(body: JsonObject, key: string, test: (value: unknown) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => name !== key || !test(value)));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function decode({ req, api }: Recorded): ChatRequest {
  const body = parseExact(req) as JsonObject;
  const facts = { ...protocol.client.readFacts(body), stream: api === 'converse_stream' };
  return protocol.client.decodeRequest(body, facts);
}

function modelOf({ url }: Recorded): string {
  return decodeURIComponent(/\/model\/([^/]+)\//.exec(url)![1]!);
}

function encode(request: ChatRequest, row: Recorded): JsonObject {
  const context = { model: modelOf(row), quirks: {}, defaultMaxOutputTokens: 4096 };
  return JSON.parse(protocol.upstream.encodeRequest(request, context).toString('utf8')) as JsonObject;
}

function eventsOf(chunks: readonly Buffer[]): readonly ChatEvent[] {
  const decoder = protocol.upstream.createStreamDecoder({ idSeed: '0123456789abcdef' });
  const events: ChatEvent[] = [];
  const splitter = new AwsEventSplitter({
    maxFrameBytes: 1e7,
    onFrame: (frame) => decoder.read(frame, (event) => events.push(event)),
  });
  for (const chunk of chunks) splitter.push(chunk);
  expect(splitter.pendingBytes).toBe(0);
  expect(decoder.isFinished).toBe(true);
  decoder.finish((event) => events.push(event));
  return events;
}

function bytesOf({ res }: Recorded): Buffer {
  return typeof res === 'string' ? Buffer.from(res, 'latin1') : Buffer.from(res.b64, 'base64');
}

function plainOf(answer: ChatAnswer): PlainAnswer {
  return readPlainly(JSON.parse(protocol.client.encodeAnswer(answer, answerContext).toString('utf8')));
}

describe.skipIf(noRecordings !== undefined)('recorded requests', () => {
  it('come out as they went in', () => {
    let agree = 0;
    const differing: unknown[] = [];
    for (const row of recorded) {
      const sent = encode(decode(row), row);
      const expected = Object.values(normalisations).reduce(
        (body, change) => change(body),
        JSON.parse(row.req) as JsonObject,
      );
      try {
        expect(normalSchemas(sent)).toEqual(normalSchemas(expected));
        agree++;
      } catch (error) {
        differing.push([row.file, row.url, String(error)]);
      }
    }
    counts['requests'] = `${agree} of ${recorded.length}`;
    expect(differing).toEqual([]);
  });

  it('hold nothing that has no word', () => {
    expect(recorded.flatMap((row) => decode(row).unknownMembers)).toEqual([]);
  });
});

/** Schemas are JSON within a string; their spacing says nothing. */
function normalSchemas(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body), (key, value) =>
    key === 'schema' && typeof value === 'string' ? JSON.parse(value) : value,
  );
}

describe.skipIf(noRecordings !== undefined)('recorded answers', () => {
  it('agree with a plain reading of them', () => {
    for (const row of answered) {
      const body = parseExact(String(row.res)) as JsonObject;
      const answer = protocol.upstream.decodeAnswer(body, { idSeed: '0123456789abcdef' });
      const expected = readPlainly(JSON.parse(String(row.res)));
      expect(plainOf(answer)).toEqual(expected);
      expect(collectAnswer(answerEvents(answer))).toEqual(answer);
      expect(answer.usage && [answer.usage.input, answer.usage.output]).toEqual(expected.tokens);
    }
    counts['answers'] = `${answered.length} of ${answered.length}`;
  });

  it('keep their blocks', () => {
    // Blocks that say nothing, and citations apart from their text (Nova's), are put together.
    let same = 0;
    for (const row of answered) {
      const answer = protocol.upstream.decodeAnswer(parseExact(String(row.res)) as JsonObject, { idSeed: '' });
      const written = protocol.client.encodeAnswer(answer, answerContext).toString('utf8');
      // What clients get where nothing was signed is no signature of the provider's.
      const again = JSON.parse(written.replaceAll(`,"signature":"${UNSIGNED}"`, ''));
      if (JSON.stringify(sorted(again.output)) === JSON.stringify(sorted(JSON.parse(String(row.res)).output))) same++;
    }
    counts['answers whose content is the same JSON'] = `${same} of ${answered.length}`;
    expect(same).toBeGreaterThanOrEqual(answered.length - 3);
  });
});

/** Members in the order of their names, less the `type: tool_use` that some models say. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, item]) => key !== 'type' || item !== 'tool_use');
  return Object.fromEntries(
    entries.sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}

describe.skipIf(noRecordings !== undefined)('recorded streams', () => {
  it('agree with a plain reading of them, however they are cut', () => {
    for (const row of streamed) {
      const bytes = bytesOf(row);
      const events = eventsOf(chunksOf(bytes, row.chunks ?? [bytes.length]));
      expect(plainOf(collectAnswer(events))).toEqual(readStreamPlainly(bytes));
      expect(events.at(-1)).toEqual({ type: 'end' });
      if (bytes.length < 20_000) expect(eventsOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(events);
    }
    counts['streams'] = `${streamed.length} of ${streamed.length}`;
  });

  it('are whole at their end only', () => {
    for (const row of streamed.slice(0, 6)) {
      const bytes = bytesOf(row);
      const ends: boolean[] = [];
      for (let end = 0; end < bytes.length; end += 97) ends.push(isWhole(bytes.subarray(0, end)));
      // The stop reason makes it whole, the usage may be missing.
      expect(ends.filter((isEnd) => isEnd).length).toBeLessThan(6);
      expect(isWhole(bytes)).toBe(true);
    }
  });

  it('come out of the encoder as what they are', () => {
    for (const row of streamed) {
      const answer = collectAnswer(eventsOf([bytesOf(row)]));
      const encoder = protocol.client.createStreamEncoder(answerContext);
      const again = Buffer.concat(eventsOf([bytesOf(row)]).map((event) => encoder.push(event)));
      expect(collectAnswer(eventsOf([again]))).toEqual(answer);
    }
  });
});

function isWhole(bytes: Buffer): boolean {
  const decoder = protocol.upstream.createStreamDecoder({ idSeed: '' });
  let isEnd = false;
  const emit = (event: ChatEvent): void => {
    if (event.type === 'end') isEnd = true;
  };
  const splitter = new AwsEventSplitter({ maxFrameBytes: 1e7, onFrame: (frame) => decoder.read(frame, emit) });
  splitter.push(bytes);
  decoder.finish(emit);
  return isEnd;
}

function chunksOf(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(at)];
}

afterAll(() => {
  console.log(noRecordings ?? `bedrock-converse: ${JSON.stringify(counts)}`);
});
