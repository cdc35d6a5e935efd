import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatAnswer, Choice } from '../../canonical/chat-answer.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { Citation, Part, Signature } from '../../canonical/conversation.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import {
  decodeAnswer,
  decodeChunks,
  decodeRequest,
  decodeStream,
  encodeAnswer,
  encodeEvents,
} from './messages.fixture.ts';
import { search, toolUse } from './stream.fixture.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const word = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/);

const signature: fc.Arbitrary<Signature> = fc.record({
  origin: fc.constantFrom('anthropic-messages', 'gemini', 'openai-responses'),
  value: fc.base64String({ minLength: 4, maxLength: 16 }),
});

const citation: fc.Arbitrary<Citation> = fc.record({ url: fc.webUrl(), title: text, quote: text }).map((cited) => ({
  ...cited,
  origin: 'anthropic-messages',
  raw: { type: 'web_search_result_location', cited_text: cited.quote, url: cited.url, title: cited.title },
}));

/** Whatever a model can say on this wire. */
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({
    type: fc.constant('text' as const),
    text,
    citations: fc.array(citation, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('reasoning' as const), text }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.oneof(text, fc.constant('')), signature }),
  fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.constant(''),
    isRedacted: fc.constant(true),
    signature,
  }),
  fc.record({
    type: fc.constant('tool-call' as const),
    id: word,
    name: word,
    arguments: fc
      .dictionary(word, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)))
      .map((value) => JSON.stringify(value)),
    kind: fc.constant('function' as const),
  }),
);

const usage: fc.Arbitrary<Usage> = fc
  .record({
    fresh: fc.nat(9),
    cached: fc.nat(9),
    written: fc.nat(9),
    output: fc.integer({ min: 9, max: 99 }),
    reasoning: fc.nat(9),
  })
  .map(({ fresh, cached, written, output, reasoning }) => ({
    input: fresh + cached + written,
    output,
    ...(cached > 0 ? { cachedInput: cached } : {}),
    ...(written > 0 ? { cacheWriteInput: written } : {}),
    ...(reasoning > 0 ? { reasoning } : {}),
  }));

const finish = fc.constantFrom<Choice['finish']>(
  { reason: 'length', raw: 'max_tokens' },
  { reason: 'length', raw: 'model_context_window_exceeded' },
  { reason: 'tool-calls', raw: 'tool_use' },
  { reason: 'stop-sequence', raw: 'stop_sequence', stopSequence: 'END' },
  { reason: 'refusal', raw: 'refusal' },
  { reason: 'paused', raw: 'pause_turn' },
);

const answer: fc.Arbitrary<ChatAnswer> = fc.record({
  id: word,
  model: word,
  created: fc.constant(undefined),
  serviceTier: fc.constantFrom('default', 'priority', 'batch'),
  usage,
  choices: fc
    .record({ parts: fc.array(part, { maxLength: 5 }), finish })
    .map((choice) => [{ index: 0, ...choice, logprobs: undefined }]),
});

describe('answers', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(answer, (given) => {
        expect(decodeAnswer(writeExact(encodeAnswer(given)))).toEqual(given);
      }),
    );
  });

  it('are told in streams as they are', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const stream = encodeEvents(answerEvents(given));
        expect(collectAnswer(decodeStream(stream))).toEqual(given);
        expect(stream.match(/^event: message_start$/gm)).toHaveLength(1);
      }),
    );
  });

  it('come back from the client as they are', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const { content } = encodeAnswer(given);
        const { turns } = decodeRequest({ messages: [{ role: 'assistant', content }] });
        expect(turns[0]?.parts).toEqual(given.choices[0]?.parts);
      }),
    );
  });
});

describe('streams that were damaged', () => {
  const bytes = Buffer.from(toolUse.stream + search.stream + toolUse.stream);

  it('throw nothing but SyntaxError', () => {
    const change = fc.record({ at: fc.nat(bytes.length - 1), length: fc.nat(40), by: fc.uint8Array({ maxLength: 8 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let damaged = bytes;
        for (const { at, length, by } of changes) {
          damaged = Buffer.concat([damaged.subarray(0, at), by, damaged.subarray(at + length)]);
        }
        expectSyntaxErrorOnly(damaged);
      }),
      { numRuns: 300 },
    );
  });

  it('throw nothing where values are others', () => {
    const events = toolUse.stream.split('\n\n').filter((event) => event !== '');
    fc.assert(
      fc.property(fc.nat(events.length - 1), fc.nat(30), fc.jsonValue(), (at, place, value) => {
        const changed = events.map((event, index) => (index === at ? replaceValue(event, place, value) : event));
        expectSyntaxErrorOnly(Buffer.from(`${changed.join('\n\n')}\n\n`));
      }),
      { numRuns: 300 },
    );
  });
});

function expectSyntaxErrorOnly(stream: Buffer): void {
  try {
    decodeChunks([stream]);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
  }
}

/** Puts another value in the place of the n-th one of an event. */
function replaceValue(event: string, place: number, value: unknown): string {
  let count = 0;
  return event.replaceAll(/:("(?:[^"\\]|\\.)*"|\d+|null)/g, (found) =>
    count++ === place ? `:${JSON.stringify(value)}` : found,
  );
}
