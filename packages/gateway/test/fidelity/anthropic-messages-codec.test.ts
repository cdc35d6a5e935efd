import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { ChatAnswer } from '../../src/canonical/chat-answer.ts';
import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import { isObject, type JsonObject } from '../../src/canonical/json.ts';
import { parseExact, toNumber } from '../../src/framing/exact-json.ts';
import { SseSplitter } from '../../src/framing/sse-splitter.ts';
import anthropic from '../../src/protocols/anthropic-messages/protocol.ts';
import { naiveAnswer, naiveMessage } from './anthropic-messages-reading.ts';

/** Every recorded exchange of the wire, through its codec and back. No exchange is excepted. */

const folder = process.env['RECORDINGS'] ?? fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const isHere = existsSync(folder);

interface Recorded {
  readonly name: string;
  readonly request: string;
  readonly reply: string;
  readonly chunks: readonly number[] | undefined;
}

const exchanges = isHere ? readExchanges() : [];
const streams = exchanges.filter(({ reply }) => reply.startsWith('event:'));
const unary = exchanges.filter(({ reply }) => reply.startsWith('{'));
const counts: string[] = [];

/** What may differ between a recorded request and the one written anew, each with its reason. */
const normalisations = {
  // A string is short for one block of text; `null` is the same as absent, as are empty lists and `is_error: false`.
  'short forms': shortForms,
  // Options are numbers of the vocabulary: `0.0` is 0. Numbers in arguments, schemas and foreign blocks stay as they are.
  'written numbers': (body: JsonObject) =>
    Object.fromEntries(Object.entries(body).map(([key, value]) => [key, toNumber(value) ?? value])),
  // `stream: false` is the default.
  'stream false': (body: JsonObject) => without(body, 'stream', (value) => value === false),
  // `output_format` is the name that `output_config.format` had as a beta.
  output_format: (body: JsonObject) => {
    const { output_format, ...rest } = body;
    if (!isObject(output_format)) return body;
    return {
      ...rest,
      output_config: { ...(isObject(body['output_config']) ? body['output_config'] : {}), format: output_format },
    };
  },
  // The vocabulary has no word for it; reported to the caller as dropped.
  context_management: (body: JsonObject) => without(body, 'context_management', () => true),
  // A line of bookkeeping of Claude Code's, left out on purpose.
  'billing line': (body: JsonObject) => {
    const { system } = body;
    if (!Array.isArray(system)) return body;
    const rest = system.filter(
      (block) => !(isObject(block) && String(block['text']).startsWith('x-anthropic-billing-header:')),
    );
    return { ...body, system: rest };
  },
} satisfies Record<string, (body: JsonObject) => JsonObject>;

describe.skipIf(!isHere)('recorded exchanges of the wire', () => {
  afterAll(() => console.log(counts.join('\n')));

  it('requests are read and written anew', () => {
    const different: unknown[] = [];
    for (const { name, request } of exchanges) {
      const body = objectOf(request);
      const facts = anthropic.client.readFacts(body);
      const context = { model: facts.model, quirks: {}, defaultMaxOutputTokens: 4096 };
      const again = objectOf(
        anthropic.upstream.encodeRequest(anthropic.client.decodeRequest(body, facts), context).toString(),
      );
      const expected = normal(body);
      const actual = normal(again);
      if (equal(expected, actual)) continue;
      different.push({ name, expected, actual });
    }
    counts.push(`requests: ${exchanges.length - different.length} of ${exchanges.length}`);
    expect(different.slice(0, 3)).toEqual([]);
  });

  it('unary answers are read and written anew', () => {
    const context = answerContext();
    let agree = 0;
    for (const { name, reply } of unary) {
      const body = objectOf(reply);
      const answer = anthropic.upstream.decodeAnswer(body, { idSeed: 'abcdefgh01234567' });
      expect(answer, name).toEqual(naiveAnswer(body));
      const again = objectOf(anthropic.client.encodeAnswer(answer, context).toString());
      expect(what(again), name).toEqual(what(body));
      agree++;
    }
    counts.push(`unary answers: ${agree} of ${unary.length}`);
  });

  it('streams decode as an independent reading has them, in the chunks in which they came', () => {
    let agree = 0;
    for (const { name, reply, chunks } of streams) {
      expect(collectAnswer(decode(reply, chunks)), name).toEqual(naiveAnswer(naiveMessage(reply)));
      agree++;
    }
    counts.push(
      `streams: ${agree} of ${streams.length}, ${streams.filter(({ chunks }) => chunks).length} in recorded chunks`,
    );
  });

  it('streams decode the same byte by byte', () => {
    const sample = streams.filter(({ reply }, index) => index % 12 === 0 && reply.length < 60_000);
    for (const { name, reply } of sample) {
      const whole = decode(reply);
      expect(decode(reply, [1]), name).toEqual(whole);
    }
    counts.push(`streams byte by byte: ${sample.length}`);
  });

  it('streams written anew decode to the same answer', () => {
    for (const { name, reply } of streams) {
      const events = decode(reply);
      const encoder = anthropic.client.createStreamEncoder(answerContext());
      const again = Buffer.concat(events.map((event) => encoder.push(event))).toString();
      expect(withoutEmptyTexts(collectAnswer(decode(again))), name).toEqual(withoutEmptyTexts(collectAnswer(events)));
      expect(again.match(/^event: message_start$/gm), name).toHaveLength(1);
    }
    counts.push(`streams written anew: ${streams.length}`);
  });
});

function readExchanges(): Recorded[] {
  const found: Recorded[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.jsonl.gz')) continue;
    const lines = gunzipSync(readFileSync(`${folder}/${file}`))
      .toString('utf8')
      .split('\n');
    lines.forEach((line, index) => {
      if (!line.includes('/v1/messages')) return;
      const { api, status, url, req, res, chunks } = JSON.parse(line) as Record<string, unknown>;
      if (api !== 'messages' || status !== 200 || typeof req !== 'string' || typeof res !== 'string') return;
      found.push({ name: `${file}#${index} ${url}`, request: req, reply: res, chunks: chunks as number[] | undefined });
    });
  }
  return found;
}

function decode(stream: string, sizes: readonly number[] = []): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = anthropic.upstream.createStreamDecoder({ idSeed: 'abcdefgh01234567' });
  const emit = (event: ChatEvent) => void events.push(event);
  const splitter = new SseSplitter({ maxEventBytes: 1 << 24, onEvent: (event) => decoder.read(event, emit) });
  const bytes = Buffer.from(stream);
  for (let from = 0, piece = 0; from < bytes.length; piece++) {
    const size = sizes.length === 1 ? sizes[0]! : (sizes[piece] ?? bytes.length);
    splitter.push(bytes.subarray(from, from + size));
    from += size;
  }
  decoder.finish(emit);
  expect(decoder.isFinished).toBe(true);
  return events;
}

/** What matters of an answer. Unsaid: details that tell nothing of the answer, and who called a tool (`direct`). */
function what({ id, model, content, stop_reason, stop_sequence, usage }: JsonObject): unknown {
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens, service_tier } =
    usage as JsonObject;
  const blocks = (content as JsonObject[])
    .filter(({ type, text }) => type !== 'text' || text !== '')
    .map((block) => (block['type'] === 'tool_use' ? { ...block, caller: undefined } : block))
    .map((block) =>
      Array.isArray(block['citations']) && block['citations'].length === 0 ? { ...block, citations: undefined } : block,
    );
  return {
    ...{ id, model, stop_reason, stop_sequence, blocks: JSON.parse(JSON.stringify(blocks)) },
    ...{ input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens, service_tier },
  };
}

function withoutEmptyTexts(answer: ChatAnswer): unknown {
  const choices = answer.choices.map((choice) => ({
    ...choice,
    parts: choice.parts
      .filter((part) => part.type !== 'text' || part.text !== '')
      .map((part) => (part.type === 'foreign' ? { ...part, path: '' } : part)),
  }));
  return { ...answer, choices };
}

function answerContext(): Parameters<typeof anthropic.client.createStreamEncoder>[0] {
  const body = { messages: [{ role: 'user', content: 'Hi' }] };
  const request = anthropic.client.decodeRequest(body, anthropic.client.readFacts(body));
  return { id: 'x', model: 'm', created: 1, includeUsage: true, request, isSse: true };
}

function normal(body: JsonObject): unknown {
  let changed = body;
  for (const change of Object.values(normalisations)) changed = change(changed);
  return changed;
}

function without(body: JsonObject, key: string, test: (value: unknown) => boolean): JsonObject {
  if (!(key in body) || !test(body[key])) return body;
  const { [key]: _, ...rest } = body;
  return rest;
}

function shortForms(body: JsonObject): JsonObject {
  const messages = (body['messages'] as JsonObject[]).map((message) => ({
    ...message,
    content: blocksOf(message['content']).map((block) => {
      if (block['type'] !== 'tool_result') return slim(block);
      const { content, ...rest } = slim(block);
      return content === undefined ? rest : { ...rest, content: blocksOf(content).map(slim) };
    }),
  }));
  const system = body['system'] === undefined ? {} : { system: blocksOf(body['system']).map(slim) };
  return { ...slim(body), ...system, messages };
}

function blocksOf(content: unknown): JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content as JsonObject[]);
}

function slim(block: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(block).filter(([key, value]) => {
      if (value === null || (Array.isArray(value) && value.length === 0)) return false;
      return !(key === 'is_error' && value === false) && !(key === 'caller' && block['type'] === 'tool_use');
    }),
  );
}

function objectOf(text: string): JsonObject {
  const value = parseExact(text);
  if (!isObject(value)) throw new Error('no object');
  return value;
}

function equal(left: unknown, right: unknown): boolean {
  try {
    expect(right).toEqual(left);
    return true;
  } catch {
    return false;
  }
}
