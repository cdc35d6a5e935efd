import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { Part } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { groundedStream, streamedAnswer } from './answers.fixture.ts';
import { answerContext, decoding, playStream, writeStream } from './play-stream.fixture.ts';
import protocol from './protocol.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1 });
const token = fc.base64String({ minLength: 4 }).map((value) => value.replace(/^/, 'Eh'));
const signature = fc.record({ origin: fc.constant('gemini' as const), value: token });
const signed = fc.option(signature, { nil: undefined }).map((value) => (value ? { signature: value } : {}));
const args = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fc.oneof(fc.integer(), fc.string(), fc.boolean()),
);

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ text, signed }).map(({ text, signed }): Part => ({ type: 'text', text, ...signed })),
  fc.record({ text, signed }).map(({ text, signed }): Part => ({ type: 'reasoning', text, ...signed })),
  fc
    .record({ id: fc.uuid(), name: fc.stringMatching(/^[a-z_]{1,20}$/), args, signed })
    .map(({ args, signed, ...call }): Part => {
      return { type: 'tool-call', kind: 'function', arguments: JSON.stringify(args), ...call, ...signed };
    }),
  fc.base64String().map((data): Part => ({ type: 'image', source: { kind: 'data', mediaType: 'image/png', data } })),
);

/** Texts without a signature run into those of the same kind that follow: the wire has no mark between them. */
const parts = fc
  .array(part, { maxLength: 6 })
  .map((list) => list.filter((item, index) => !runsOn(list[index - 1], item)));

function runsOn(before: Part | undefined, item: Part): boolean {
  const isText = (candidate: Part | undefined) => candidate?.type === 'text' || candidate?.type === 'reasoning';
  return isText(before) && isText(item);
}

const answer: fc.Arbitrary<ChatAnswer> = fc
  .record({
    parts: fc.array(parts, { minLength: 1, maxLength: 2 }),
    reason: fc.constantFrom(
      { reason: 'stop', raw: 'STOP' } as const,
      { reason: 'length', raw: 'MAX_TOKENS' } as const,
      { reason: 'content-filter', raw: 'SPII' } as const,
      { reason: 'content-filter', raw: 'OTHER' } as const,
    ),
    usage: fc.record({ input: fc.nat(), answer: fc.nat(), cachedInput: fc.nat(), reasoning: fc.nat() }),
  })
  .map(({ parts, reason, usage: { answer, ...usage } }) => ({
    id: 'r-1',
    model: 'gemini-x',
    created: undefined,
    serviceTier: undefined,
    usage: { ...usage, output: answer + usage.reasoning },
    choices: parts.map((list, index) => ({
      index,
      parts: list,
      logprobs: undefined,
      finish:
        reason.raw === 'STOP' && list.some(({ type }) => type === 'tool-call')
          ? { reason: 'tool-calls' as const, raw: 'STOP' }
          : reason,
    })),
  }));

test('an answer that is written is read as it was', () => {
  fc.assert(
    fc.property(answer, (value) => {
      const written = protocol.client.encodeAnswer(value, answerContext());
      expect(protocol.upstream.decodeAnswer(parseExact(written.toString()) as JsonObject, decoding)).toEqual(value);
    }),
  );
});

test('an answer that is told as a stream is read as it was', () => {
  fc.assert(
    fc.property(answer, (value) => {
      const bytes = writeStream(answerEvents(value));
      const events = playStream([bytes]);
      expect(collectAnswer(events)).toEqual(value);
      expect(events.at(-1)).toEqual({ type: 'end' });
    }),
  );
});

test('signatures of other wires come back as they were, in letters that every library takes', () => {
  const origin = fc.constantFrom('anthropic-messages' as const, 'openai-responses' as const);
  const reasoning = fc.record(
    {
      type: fc.constant('reasoning' as const),
      text: fc.string(),
      signature: fc.record({ origin, value: fc.string({ minLength: 1 }) }),
      id: fc.string(),
      isRedacted: fc.boolean(),
    },
    { requiredKeys: ['type', 'text', 'signature'] },
  );
  fc.assert(
    fc.property(reasoning, (thought) => {
      const choices = [
        { index: 0, parts: [thought], finish: { reason: 'stop', raw: 'STOP' }, logprobs: undefined } as const,
      ];
      const value = { id: 'r', model: 'm', created: undefined, serviceTier: undefined, usage: undefined, choices };
      const streamed = writeStream(answerEvents(value)).toString().split('\r\n\r\n').slice(0, -1);
      const parts = streamed.flatMap((event) => {
        const [candidate] = (JSON.parse(event.slice(6)) as { candidates: { content: { parts: object[] } }[] })
          .candidates;
        return candidate?.content.parts ?? [];
      });
      for (const piece of parts)
        if ('thoughtSignature' in piece) expect(piece.thoughtSignature).toMatch(/^[A-Za-z0-9+/]+=*$/);
      const body = { contents: [{ role: 'model', parts: parts.slice(0, -1) }] };
      const request = protocol.client.decodeRequest(body, protocol.client.readFacts(body));
      expect(request.turns[0]?.parts).toEqual([thought]);
    }),
  );
});

test('frames that are damaged throw nothing but SyntaxError', () => {
  const fixture = fc.constantFrom(streamedAnswer, groundedStream);
  const damage = fc.record({ at: fc.nat(), byte: fc.nat(255), length: fc.nat(40) });
  fc.assert(
    fc.property(fixture, fc.array(damage, { minLength: 1, maxLength: 4 }), (bytes, damages) => {
      const copy = Buffer.from(bytes);
      for (const { at, byte, length } of damages)
        copy.fill(byte, at % copy.length, Math.min(copy.length, (at % copy.length) + length));
      expectTame(() => playStream([copy]));
    }),
    { numRuns: 500 },
  );
});

test('values of any kind in the place of others throw nothing', () => {
  const members = [
    'candidates',
    'content',
    'parts',
    'text',
    'functionCall',
    'args',
    'name',
    'inlineData',
    'data',
    'mimeType',
    'finishReason',
  ];
  const more = [
    'groundingMetadata',
    'groundingChunks',
    'groundingSupports',
    'segment',
    'groundingChunkIndices',
    'endIndex',
    'usageMetadata',
  ];
  const key = fc.constantFrom(
    ...members,
    ...more,
    'promptFeedback',
    'blockReason',
    'thoughtSignature',
    'logprobsResult',
    'index',
    'web',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value')),
    ),
  }));
  fc.assert(
    fc.property(fc.array(fc.dictionary(key, value), { maxLength: 4 }), (values) => {
      expectTame(() => {
        const events = playStream(values.map((item) => Buffer.from(`data: ${JSON.stringify(item)}\n\n`)));
        writeStream(events.filter(({ type }) => type !== 'error'));
      });
    }),
    { numRuns: 1000 },
  );
});

function expectTame(run: () => void): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
  }
}
