import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatAnswer, Choice } from '../../canonical/chat-answer.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { Citation, Part, Signature } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { ProtocolName } from '../../canonical/protocol-name.ts';
import type { Usage } from '../../canonical/usage.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { decodeAnswer } from './decode-answer.ts';
import { answerContext, decodePieces, disorder } from './decode-events.fixture.ts';
import { encodeAnswer } from './encode-answer.ts';
import { ChatStreamEncoder } from './stream-encoder.ts';

const context = answerContext();
const text = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' });
const count = fc.nat(1_000_000);

const origin = fc.constantFrom<ProtocolName>(
  'anthropic-messages',
  'gemini',
  'openai-responses',
  'bedrock-converse',
  'openai-chat',
);
const token = fc.base64String({ minLength: 4, maxLength: 40 });
const signature = fc.record({ origin, value: token }) as fc.Arbitrary<Signature>;

const reasoning = fc.oneof(
  fc.record({ type: fc.constant('reasoning' as const), text, signature }),
  fc.record({
    type: fc.constant('reasoning' as const),
    id: fc.constantFrom('rs_1', 'rs_2'),
    isRedacted: fc.constant(true),
    text: fc.constant(''),
    // Gemini's ciphers are those of texts and calls.
    signature: signature.filter((one) => one.origin !== 'gemini'),
  }),
) as fc.Arbitrary<Part>;

const citation = fc
  .record({ url: fc.webUrl(), title: text, start: count, length: fc.integer({ min: 1, max: 50 }) })
  .map(({ url, title, start, length }): Citation => {
    const place = { start_index: start, end_index: start + length };
    const raw = { type: 'url_citation', url_citation: { url, title, ...place } };
    return { url, title, start, end: start + length, origin: 'openai-chat', raw };
  });

const said = fc.record(
  {
    type: fc.constant('text' as const),
    text,
    citations: fc.array(citation, { minLength: 1, maxLength: 3 }),
    signature,
  },
  { requiredKeys: ['type', 'text'] },
) as fc.Arbitrary<Part>;

const callArguments = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));

const call = fc.oneof(
  fc.record(
    {
      type: fc.constant('tool-call' as const),
      name: text,
      arguments: callArguments,
      kind: fc.constant('function' as const),
      signature,
    },
    { requiredKeys: ['type', 'name', 'arguments', 'kind'] },
  ),
  fc.record({
    type: fc.constant('tool-call' as const),
    name: text,
    arguments: text,
    kind: fc.constant('custom' as const),
  }),
);

const image = fc.record(
  {
    type: fc.constant('image' as const),
    source: fc.record({ kind: fc.constant('data' as const), mediaType: fc.constant('image/png'), data: token }),
    signature,
  },
  { requiredKeys: ['type', 'source'] },
) as fc.Arbitrary<Part>;

const optional = (part: fc.Arbitrary<Part>) => fc.array(part, { maxLength: 1 });

const parts = fc
  .record({
    reasoning: fc.array(reasoning, { maxLength: 3 }),
    said: optional(said),
    refusal: optional(fc.record({ type: fc.constant('refusal' as const), text })),
    calls: fc.array(call, { maxLength: 3 }),
    images: optional(image),
  })
  .map(({ reasoning: thoughts, said: texts, refusal, calls, images }): Part[] => [
    ...thoughts,
    ...texts,
    ...refusal,
    ...calls.map((one, index) => ({ ...one, id: `call_${index}` }) as Part),
    ...images,
  ]);

const choice = parts.chain((all): fc.Arbitrary<Omit<Choice, 'index'>> => {
  const hasCalls = all.some(({ type }) => type === 'tool-call');
  const finishes = (
    [
      ['stop', 'stop'],
      ['length', 'length'],
      ['tool-calls', 'tool_calls'],
      ['content-filter', 'content_filter'],
    ] as const
  ).filter(([reason]) => !(hasCalls && reason === 'stop'));
  return fc.record({
    parts: fc.constant(all),
    finish: fc.constantFrom(...finishes).map(([reason, raw]) => ({ reason, raw })),
    logprobs: fc.constantFrom(undefined, { content: [{ token: 'a', logprob: -0.5, bytes: null, top_logprobs: [] }] }),
  });
});

const usage = fc
  .record({
    input: count,
    output: count,
    cachedInput: count,
    cacheWriteInput: count,
    audioInput: count,
    audioOutput: count,
    part: fc.nat(100),
  })
  .map(({ part, ...rest }): Usage => ({ ...rest, reasoning: Math.floor((rest.output * part) / 100) }));

const answer: fc.Arbitrary<ChatAnswer> = fc.record({
  id: fc.constant('c-1'),
  model: text,
  created: fc.integer({ min: 1, max: 2_000_000_000 }),
  choices: fc.array(choice, { minLength: 1, maxLength: 2 }).map((all) => all.map((one, index) => ({ index, ...one }))),
  usage,
  serviceTier: fc.constantFrom(undefined, 'default', 'flex'),
});

describe('an answer', () => {
  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(answer, (one) => {
        const written = encodeAnswer(one, context).toString('utf8');
        expect(decodeAnswer(parseExact(written) as JsonObject, { idSeed: 'seed' })).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same after it was streamed', () => {
    fc.assert(
      fc.property(answer, (one) => {
        const encoder = new ChatStreamEncoder(context);
        const pieces = [...answerEvents(one)].map((event) => encoder.push(event));
        const events = decodePieces(pieces, one.choices.length);
        expect(disorder(events)).toBeUndefined();
        expect(collectAnswer(events)).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });
});
