import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatAnswer, FinishReason } from '../../canonical/chat-answer.ts';
import type { Part } from '../../canonical/conversation.ts';
import { answerOf } from './answer-of.fixture.ts';
import cohereChat from './protocol.ts';
import {
  bodyOf,
  collected,
  decodeAnswer,
  decodeRequest,
  decodeStream,
  encodeAnswer,
  encodeEvents,
  encodeRequest,
} from './stream.fixture.ts';

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const finishes: readonly (readonly [FinishReason, string])[] = [
  ['stop', 'COMPLETE'],
  ['stop-sequence', 'STOP_SEQUENCE'],
  ['length', 'MAX_TOKENS'],
  ['tool-calls', 'TOOL_CALL'],
  ['content-filter', 'ERROR_TOXIC'],
];

const thought = text.map((text): Part => ({ type: 'reasoning', text }));
const speech = text.map((text): Part => ({ type: 'text', text }));
const call = fc
  .record({ id: text, name: text, arguments: fc.json() })
  .map((call): Part => ({ ...call, type: 'tool-call', kind: 'function' }));

/** What the wire can express: without calls in any order; with calls the text before them comes last. */
const parts: fc.Arbitrary<readonly Part[]> = fc.oneof(
  fc.array(fc.oneof(thought, speech), { maxLength: 5 }),
  fc
    .tuple(
      fc.array(thought, { maxLength: 2 }),
      fc.array(speech, { maxLength: 2 }),
      fc.array(call, { minLength: 1, maxLength: 3 }),
    )
    .map((lists) => lists.flat()),
);

const answers: fc.Arbitrary<ChatAnswer> = fc
  .record({
    parts,
    finish: fc.constantFrom(...finishes),
    usage: fc.option(
      fc.record({ input: fc.nat(), output: fc.nat(), cachedInput: fc.constant(0), reasoning: fc.nat() }),
      { nil: undefined },
    ),
  })
  .map(({ parts, finish: [reason, raw], usage }) => ({
    ...answerOf(parts),
    choices: [{ index: 0, parts, finish: { reason, raw }, logprobs: undefined }],
    usage,
  }));

describe('laws', () => {
  it('decode(encode(answer)) is the answer', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        expect(decodeAnswer(JSON.stringify(encodeAnswer(answer)))).toEqual(answer);
      }),
    );
  });

  it('a written stream reads as the answer', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        expect(collected(decodeStream(encodeEvents(answerEvents(answer))))).toEqual(answer);
      }),
    );
  });
});

describe('usage', () => {
  it.each<[unknown, unknown]>([
    [
      { tokens: { input_tokens: 9, output_tokens: 2 }, billed_units: { input_tokens: 5 } },
      { input: 9, output: 2 },
    ],
    [{ billed_units: { input_tokens: 5, output_tokens: 1 } }, { input: 5, output: 1 }],
    [
      { tokens: { input_tokens: 9 }, cached_tokens: 20 },
      { input: 9, output: 0, cachedInput: 9 },
    ],
    [{ tokens: { input_tokens: 34, image_tokens: 259, output_tokens: 1 } }, { input: 293, output: 1, imageInput: 259 }],
    [{ tokens: { input_tokens: -1, output_tokens: 'two' } }, undefined],
    [{ billed_units: { search_units: 1 } }, undefined],
    [null, undefined],
    ['much', undefined],
  ])('%j is read', (value, expected) => {
    expect(cohereChat.upstream.decodeUsage(value)).toEqual(expected);
  });
});

describe('any JSON at all', () => {
  const anything = fc.jsonValue({ maxDepth: 4 });
  const message = fc.record({
    content: fc.oneof(anything, fc.array(fc.record({ type: anything, text: anything, thinking: anything }))),
    tool_plan: anything,
    tool_calls: fc.oneof(anything, fc.array(fc.record({ id: anything, function: anything }))),
    citations: fc.array(fc.record({ start: anything, end: anything, sources: anything, content_index: fc.nat(2) })),
  });

  it('can be an answer', () => {
    const body = fc.record({ id: anything, message, finish_reason: anything, usage: anything, logprobs: anything });
    fc.assert(
      fc.property(body, (value) => {
        const answer = decodeAnswer(JSON.stringify(value));
        expect(answer.choices).toHaveLength(1);
        encodeAnswer(answer);
      }),
    );
  });

  it('is refused with a reason when it is no request', () => {
    const role = fc.constantFrom('system', 'user', 'assistant', 'tool');
    const turn = fc.record({ role, content: anything, tool_calls: anything, tool_call_id: anything });
    const body = fc.record({ messages: fc.oneof(anything, fc.array(turn)), tools: anything, documents: anything });
    fc.assert(
      fc.property(body, (value) => {
        try {
          encodeRequest(decodeRequest(bodyOf(JSON.stringify(value))));
        } catch (error) {
          expect(error).toMatchObject({ name: 'GatewayError', kind: 'invalid_request' });
        }
      }),
    );
  });
});
