import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatAnswer, Finish } from '../../canonical/chat-answer.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { Citation, Part } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { contextOf, unaryAnswer } from './answer.fixture.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeAnswer } from './encode-answer.ts';
import { PartTally } from './finish-reason.ts';
import { readFacts } from './read-facts.ts';
import { parseStream, readStream } from './read-stream.fixture.ts';
import { ResponsesStreamEncoder } from './stream-encoder.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '_'), minLength: 1, maxLength: 6 });
const signature = fc.constantFrom(
  { origin: 'openai-responses' as const, value: 'gAAAAA+/==' },
  { origin: 'anthropic-messages' as const, value: 'EqQB:+/==' },
);
const citation = word.map((title): Citation => {
  const raw = { type: 'url_citation', start_index: 0, end_index: 1, url: 'https://example.com', title };
  return { url: raw.url, title, start: 0, end: 1, origin: 'openai-responses', raw };
});

/** Parts that this wire has words for. */
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({
    type: fc.constant('text' as const),
    text,
    citations: fc.array(citation, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('refusal' as const), text }),
  fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.string({ minLength: 1 }),
    id: word.map((id) => `rs_${id}`),
  }),
  fc.record({ type: fc.constant('reasoning' as const), text, signature }),
  fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.constant(''),
    signature,
    isRedacted: fc.constant(true),
  }),
  fc.record({
    type: fc.constant('tool-call' as const),
    id: word,
    name: word,
    arguments: fc.json(),
    kind: fc.constantFrom('function' as const, 'custom' as const),
  }),
  fc.constant<Part>({
    type: 'foreign',
    origin: 'openai-responses',
    value: { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    name: 'web_search_call',
    path: '',
  }),
);

const tokens = fc.nat(1000);
const answer: fc.Arbitrary<ChatAnswer> = fc
  .record({
    id: word.map((id) => `resp_${id}`),
    model: word,
    created: fc.nat(2_000_000_000),
    serviceTier: fc.constantFrom('default', 'flex'),
    parts: fc.array(part, { maxLength: 5 }),
    usage: fc.record({
      input: tokens,
      output: tokens,
      cachedInput: tokens,
      cacheWriteInput: tokens,
      reasoning: tokens,
    }),
    cut: fc.constantFrom('max_output_tokens', 'content_filter', undefined),
  })
  .map(({ parts, cut, ...rest }) => ({
    ...rest,
    choices: [{ index: 0, parts: parts.map(placed), finish: finishOf(parts, cut), logprobs: undefined }],
  }));

/** What this wire's status and parts say about the end. */
function finishOf(parts: readonly Part[], cut: string | undefined): Finish {
  if (cut !== undefined) return { reason: cut === 'content_filter' ? 'content-filter' : 'length', raw: cut };
  const tally = new PartTally();
  for (const one of parts) tally.add(one);
  return { reason: tally.reason, raw: 'completed' };
}

function placed(one: Part, index: number): Part {
  return one.type === 'foreign' ? { ...one, path: `output[${index}]` } : one;
}

function unary(whole: ChatAnswer): JsonObject {
  return parseExact(encodeAnswer(whole, contextOf()).toString()) as JsonObject;
}

function streamed(whole: ChatAnswer): Buffer {
  const encoder = new ResponsesStreamEncoder(contextOf());
  return Buffer.concat([...answerEvents(whole)].map((event) => encoder.push(event)));
}

describe('the Responses codec', () => {
  it('reads the answers that it writes', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        expect(decodeAnswer(unary(whole))).toEqual(whole);
      }),
    );
  });

  it('reads the streams that it writes', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        expect(collectAnswer(readStream(streamed(whole)))).toEqual(whole);
      }),
    );
  });

  it('ends a stream with the answer as it would be at once', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        expect(parseStream(streamed(whole)).at(-1)!['response']).toEqual(JSON.parse(JSON.stringify(unary(whole))));
      }),
    );
  });

  it('reads its answers as turns of the next request', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        const parts = whole.choices[0]!.parts;
        const turns = turnsOf(unary(whole)['output']);
        expect(turns.flatMap((turn) => turn.parts).map(withoutPath)).toEqual(parts.map(withoutPath));
      }),
    );
  });

  it('keeps signatures of texts and calls of other wires through a client', () => {
    const signed: Part[] = [
      { type: 'text', text: 'So', signature: { origin: 'gemini', value: 's1' } },
      {
        type: 'tool-call',
        id: 'c',
        name: 'f',
        arguments: '{}',
        kind: 'function',
        signature: { origin: 'gemini', value: 's2' },
      },
      { type: 'tool-call', id: 'd', name: 'f', arguments: '{}', kind: 'function' },
    ];
    const finish: Finish = { reason: 'tool-calls', raw: 'STOP' };
    const whole = { ...decodeAnswer(unaryAnswer), choices: [{ index: 0, parts: signed, finish, logprobs: undefined }] };
    const last = parseStream(streamed(whole)).at(-1)!['response'] as JsonObject;
    expect(last['output']).toEqual(unary(whole)['output']);
    expect(turnsOf(last['output'])).toEqual([{ role: 'assistant', parts: signed }]);
  });
});

function turnsOf(input: unknown) {
  const body = { model: 'm', input, instructions: 'x' };
  return decodeRequest(body, readFacts(body)).turns.slice(1);
}

function withoutPath(one: Part): Part {
  return 'path' in one ? { ...one, path: '' } : one;
}
