import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../src/canonical/answer-events.ts';
import type { ChatAnswer } from '../../src/canonical/chat-answer.ts';
import { asObject, asString, type JsonObject, objectsIn } from '../../src/canonical/json.ts';
import { writeExact } from '../../src/framing/exact-json.ts';
import cohereChat from '../../src/protocols/cohere-chat/protocol.ts';
import {
  bodyOf,
  collected,
  decodeAnswer,
  decodeChunks,
  decodeContext,
  decodeRequest,
  decodeStream,
  encodeAnswer,
  encodeEvents,
  encodeRequest,
} from '../../src/protocols/cohere-chat/stream.fixture.ts';

const folder = process.env['RECORDINGS'] ?? fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const path = `${folder}/cohere.jsonl.gz`;
const missing = existsSync(path) ? undefined : `no recordings at ${path}`;

interface Exchange {
  readonly index: number;
  readonly request: JsonObject;
  readonly status: number;
  readonly isStream: boolean;
  readonly reply: string;
}

function readExchanges(): readonly Exchange[] {
  if (missing !== undefined) return [];
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
  return lines.flatMap((line, index) => {
    const { url, req, res, status } = JSON.parse(line) as Record<string, unknown>;
    if (!String(url).endsWith('/v2/chat') || typeof req !== 'string' || typeof res !== 'string') return [];
    const request = bodyOf(req);
    return [{ index, request, status: Number(status), isStream: request['stream'] === true, reply: res }];
  });
}

/** What a request may say in two ways, brought to one. */
const normalisations: Readonly<Record<string, (message: JsonObject) => JsonObject>> = {
  'a lone text is a string': (message) => {
    const items = message['content'];
    if (message['role'] === 'assistant' || !Array.isArray(items) || items.length !== 1) return message;
    const text = asObject(items[0])?.['type'] === 'text' ? asString(asObject(items[0])?.['text']) : undefined;
    return text === undefined ? message : { ...message, content: text };
  },
  'an empty text beside tool calls is left out': (message) => {
    const { content, ...rest } = message;
    const isEmpty = JSON.stringify(content) === '[{"type":"text","text":""}]';
    return isEmpty && message['tool_calls'] !== undefined ? rest : message;
  },
};

function normalise(body: JsonObject): unknown {
  const messages = objectsIn(body['messages']).map((message) =>
    Object.values(normalisations).reduce((changed, change) => change(changed), message),
  );
  // As numbers: `0.0` is 0.
  return JSON.parse(writeExact({ ...body, messages }));
}

/** An independent reading of a stream: the events' texts put together, nothing else. */
function naive(stream: string): JsonObject {
  const events = stream
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)));
  const content: { text?: string; thinking?: string }[] = [];
  const calls: { id: string; name: string; arguments: string }[] = [];
  const citations: unknown[] = [];
  let plan = '';
  for (const { type, index, delta } of events) {
    const message = delta?.message;
    if (type === 'content-start') content[index] = { ...message.content };
    if (type === 'content-delta') {
      for (const key of ['text', 'thinking'] as const) {
        if (message.content[key] !== undefined) content[index]![key] += message.content[key];
      }
    }
    if (type === 'tool-plan-delta') plan += message.tool_plan;
    if (type === 'tool-call-start') calls[index] = { id: message.tool_calls.id, ...message.tool_calls.function };
    if (type === 'tool-call-delta') calls[index]!.arguments += message.tool_calls.function.arguments;
    if (type === 'citation-start') citations.push(message.citations);
  }
  const { finish_reason, usage } = events.at(-1).delta;
  const tool_calls = calls.map(({ id, name, ...call }) => ({
    id,
    type: 'function',
    function: { name, arguments: call.arguments || '{}' },
  }));
  return {
    id: events[0].id,
    message: { role: 'assistant', content, tool_plan: plan, tool_calls, citations },
    finish_reason,
    usage,
  };
}

/** What matters of an answer on the wire. */
function essence(body: JsonObject): unknown {
  const message = asObject(body['message']);
  const list = (key: string) => objectsIn(message?.[key]);
  const tokens = asObject(asObject(body['usage'])?.['tokens']);
  const image = Number(tokens?.['image_tokens'] ?? 0);
  return {
    id: body['id'],
    content: list('content'),
    plan: message?.['tool_plan'] ?? '',
    calls: list('tool_calls'),
    citations: list('citations'),
    finish: body['finish_reason'],
    input: Number(tokens?.['input_tokens']) + image,
    output: tokens?.['output_tokens'],
    reasoning: tokens?.['reasoning_tokens'],
    cached: asObject(body['usage'])?.['cached_tokens'],
  };
}

const exchanges = readExchanges();
const good = exchanges.filter(({ status }) => status === 200);
const unary = good.filter(({ isStream }) => !isStream);
const streams = good.filter(({ isStream }) => isStream);

describe.skipIf(missing !== undefined)(`recorded chats (${missing ?? 'all'})`, () => {
  it('say the same when their requests are read and written', () => {
    let agree = 0;
    for (const { request } of exchanges) {
      const model = asString(request['model']);
      const written = encodeRequest(decodeRequest(request), model);
      expect(normalise(written)).toEqual(normalise(request));
      expect(decodeRequest(request).unknownMembers).toEqual([]);
      agree++;
    }
    console.log(`requests: ${agree} of ${exchanges.length}; normalised: ${Object.keys(normalisations).join(', ')}`);
    expect(agree).toBeGreaterThanOrEqual(58);
  });

  it('say the same when their answers are read and written', () => {
    for (const { reply } of unary) {
      const answer = decodeAnswer(reply);
      expect(essence(encodeAnswer(answer))).toEqual(essence(bodyOf(reply)));
      expect(collected(decodeStream(encodeEvents(answerEvents(answer))))).toEqual(plain(answer));
    }
    console.log(`whole answers: ${unary.length} of ${unary.length}`);
    expect(unary.length).toBeGreaterThan(40);
  });

  it('read as streams what they say', () => {
    for (const { reply } of streams) {
      const events = decodeStream(reply);
      const answer = collected(events);
      expect(events.at(-1)).toEqual({ type: 'end' });
      expect(plain(answer)).toEqual(plain(decodeAnswer(JSON.stringify(naive(reply)))));
      expect(essence(encodeAnswer(answer))).toEqual(essence(naive(reply)));
      expect(collected(decodeStream(encodeEvents(events)))).toEqual(answer);
      expect(decodeChunks(Array.from(Buffer.from(reply), (byte) => Buffer.of(byte)))).toEqual(events);
    }
    console.log(`streams: ${streams.length} of ${streams.length}`);
    expect(streams.length).toBeGreaterThanOrEqual(8);
  });

  it('report usage that is used', () => {
    for (const { reply } of unary) {
      const usage = cohereChat.upstream.decodeUsage(bodyOf(reply)['usage']);
      expect(usage?.input).toBeGreaterThan(0);
      expect(usage?.cachedInput ?? 0).toBeLessThanOrEqual(usage?.input ?? 0);
    }
    expect(decodeContext.idSeed).toHaveLength(16);
  });
});

/** As JSON has it: members that are undefined are none. */
function plain(answer: ChatAnswer): unknown {
  return JSON.parse(JSON.stringify(answer));
}
