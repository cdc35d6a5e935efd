import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { Part, Signature } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { unaryAnswer } from './answer.fixture.ts';
import protocol from './protocol.ts';
import { answerContext, bytesOf, decodeContext, eventsOf } from './stream.fixture.ts';

const decode = (text: string): ChatAnswer =>
  protocol.upstream.decodeAnswer(parseExact(text) as JsonObject, decodeContext);
const encode = (answer: ChatAnswer): string => protocol.client.encodeAnswer(answer, answerContext).toString('utf8');

function answerOf(parts: readonly Part[], more: Partial<ChatAnswer> = {}): ChatAnswer {
  const finish = { reason: 'stop', raw: 'end_turn' } as const;
  return {
    id: undefined,
    model: undefined,
    created: undefined,
    serviceTier: undefined,
    usage: { input: 1, output: 2 },
    choices: [{ index: 0, parts, finish, logprobs: undefined }],
    ...more,
  };
}

describe('an answer', () => {
  it('is read whole', () => {
    const { choices, usage } = decode(unaryAnswer);
    expect(usage).toEqual({
      input: 7368,
      output: 20,
      cachedInput: 7000,
      cacheWriteInput: 358,
      cacheWriteHourInput: 300,
    });
    expect(choices[0]!.finish).toEqual({ reason: 'tool-calls', raw: 'tool_use' });
    const { parts } = choices[0]!;
    expect(parts.map(({ type }) => type)).toEqual([
      'reasoning',
      'reasoning',
      'text',
      'text',
      'tool-call',
      'tool-call',
      'foreign',
      'foreign',
      'image',
    ]);
    expect(parts[1]).toEqual({
      type: 'reasoning',
      text: '',
      isRedacted: true,
      signature: { origin: 'bedrock-converse', value: 'c2VjcmV0IHRob3VnaHRz' },
    });
    // Nova's citation without a text of its own is of the text before.
    expect(parts[3]).toMatchObject({
      text: 'Ruby is from 1993.',
      citations: [{ title: 'facts', quote: 'created in 1993', documentIndex: 0 }, { url: 'https://example.com/ruby' }],
    });
    expect(parts[4]).toMatchObject({ id: 'tooluse_A1', name: 'add', arguments: '{"a":12345678901234567890,"b":1.0}' });
    expect(parts[5]).toMatchObject({ arguments: '{}' });
    expect(parts[6]).toMatchObject({ name: 'toolUse', origin: 'bedrock-converse' });
  });

  it('comes out as it went in', () => {
    const answer = decode(unaryAnswer);
    expect(decode(encode(answer))).toEqual(answer);
    expect(encode(answer)).toContain('"input":{"a":12345678901234567890,"b":1.0}');
  });

  it.each([
    ['end_turn', 'stop'],
    ['tool_use', 'tool-calls'],
    ['max_tokens', 'length'],
    ['stop_sequence', 'stop-sequence'],
    ['guardrail_intervened', 'content-filter'],
    ['content_filtered', 'content-filter'],
    ['model_context_window_exceeded', 'length'],
  ])('that ended by %s ended by %s, and says so again', (raw, reason) => {
    const answer = decode(`{"output":{"message":{"content":[]}},"stopReason":"${raw}","usage":{"inputTokens":1}}`);
    expect(answer.choices[0]!.finish).toEqual({ reason, raw });
    expect(JSON.parse(encode(answer))).toMatchObject({ stopReason: raw });
  });

  it('may end by a word that is not known, or none', () => {
    expect(decode('{"stopReason":"tired"}').choices[0]!.finish).toEqual({ reason: 'other', raw: 'tired' });
    expect(decode('{"stopReason":"constructor"}').choices[0]!.finish.reason).toBe('other');
    expect(decode('{}')).toMatchObject({ usage: undefined, choices: [{ parts: [], finish: { reason: 'other' } }] });
  });

  it.each([
    [{ reason: 'refusal', raw: 'refusal' }, 'content_filtered'],
    [{ reason: 'paused', raw: 'pause_turn' }, 'max_tokens'],
    [{ reason: 'length', raw: 'MAX_TOKENS' }, 'max_tokens'],
    [{ reason: 'stop', raw: 'tool_use' }, 'end_turn'],
    [{ reason: 'other', raw: undefined }, 'end_turn'],
  ] as const)('of another wire that ended by %j ends by a word that clients know', (finish, word) => {
    const answer = answerOf([], { choices: [{ index: 0, parts: [], finish, logprobs: undefined }] });
    expect(JSON.parse(encode(answer))).toMatchObject({ stopReason: word });
  });

  it('tells the stop sequence', () => {
    const text = '{"stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"}}';
    const answer = decode(text);
    expect(answer.choices[0]!.finish).toEqual({ reason: 'stop-sequence', raw: 'stop_sequence', stopSequence: 'END' });
    expect(JSON.parse(encode(answer))).toMatchObject(JSON.parse(text));
    expect(collectAnswer(eventsOf([bytesOf(answerEvents(answer))])).choices).toEqual(answer.choices);
  });

  it('with blocks that are odd is read without them, or keeps them whole', () => {
    const odd = `{"output":{"message":{"content":[{"reasoningContent":{}},{"text":""},{"text":null},{},7,{"new":{"a":1}},
      {"toolUse":null,"text":"x"},{"image":{}},{"toolUse":{}}]}}}`;
    expect(decode(odd).choices[0]!.parts).toEqual([
      {
        type: 'foreign',
        origin: 'bedrock-converse',
        name: 'new',
        value: { new: { a: 1 } },
        path: 'output.message.content',
      },
      { type: 'text', text: 'x' },
      { type: 'tool-call', id: '', name: '', arguments: '{}', kind: 'function' },
    ]);
  });

  it('has the members that clients read unasked', () => {
    const body = JSON.parse(encode(answerOf([{ type: 'text', text: 'Hi' }], { usage: undefined, choices: [] })));
    expect(body).toEqual({
      output: { message: { role: 'assistant', content: [] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      metrics: { latencyMs: 0 },
    });
  });

  it('tells its service tier', () => {
    const answer = answerOf([], { serviceTier: 'flex' });
    expect(decode(encode(answer))).toEqual(answer);
    expect(JSON.parse(encode(answerOf([], { serviceTier: 'standard' })))).not.toHaveProperty('serviceTier');
  });
});

describe('what other wires have in answers', () => {
  const gemini = { origin: 'gemini', value: 'sig+/=' } as const;

  it('reaches clients in the words of this one', () => {
    const parts: readonly Part[] = [
      { type: 'refusal', text: 'No.' },
      { type: 'tool-call', id: 'c', name: 'f', arguments: 'free text', kind: 'custom' },
      { type: 'tool-call', id: 'd', name: 'f', arguments: '{"cut":', kind: 'function' },
      { type: 'foreign', origin: 'openai-responses', value: {}, name: 'x', path: '' },
      { type: 'audio', source: { kind: 'data', mediaType: 'audio/wav', data: 'AA==' } },
      {
        type: 'text',
        text: 'So.',
        citations: [{ origin: 'openai-chat', url: 'https://a.b/c', title: 'T', quote: 'q', raw: {} }],
      },
    ];
    expect(JSON.parse(encode(answerOf(parts))).output.message.content).toEqual([
      { text: 'No.' },
      { toolUse: { toolUseId: 'c', name: 'f', input: { input: 'free text' } } },
      { toolUse: { toolUseId: 'd', name: 'f', input: { unreadable_arguments: '{"cut":' } } },
      {
        citationsContent: {
          content: [{ text: 'So.' }],
          citations: [
            { title: 'T', sourceContent: [{ text: 'q' }], location: { web: { url: 'https://a.b/c', domain: 'a.b' } } },
          ],
        },
      },
    ]);
  });

  it('keeps signatures of other wires for the way back, on every kind of part', () => {
    const parts: readonly Part[] = [
      { type: 'reasoning', text: 'Hm', signature: gemini },
      { type: 'reasoning', text: '', isRedacted: true, signature: gemini },
      { type: 'reasoning', text: '', signature: gemini },
      { type: 'text', text: 'So', signature: gemini },
      { type: 'tool-call', id: 'c', name: 'f', arguments: '{}', kind: 'function', signature: gemini },
    ];
    const answer = answerOf(parts);
    expect(decode(encode(answer))).toEqual(answer);
    expect(collectAnswer(eventsOf([bytesOf(answerEvents(answer))]))).toEqual(answer);
    const { content } = JSON.parse(encode(answer)).output.message;
    const [turn] = protocol.client.decodeRequest({ messages: [{ role: 'assistant', content }] }, {
      ...answerContext,
      stream: false,
      choices: 1,
    } as never).turns;
    expect(turn!.parts).toEqual(parts);
    // What must be base64 is.
    expect(content[1].reasoningContent.redactedContent).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });
});

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const signature: fc.Arbitrary<Signature> = fc.record({
  origin: fc.constantFrom('bedrock-converse', 'gemini', 'openai-responses'),
  value: fc.base64String({ minLength: 4 }),
});
const citation = fc
  .record({ title: text, source: text, sourceContent: fc.constant([{ text: 'q' }]) })
  .map((raw) => ({ title: raw.title, quote: 'q', origin: 'bedrock-converse' as const, raw }));
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({
    type: fc.constant('text' as const),
    text,
    citations: fc.array(citation, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('reasoning' as const), text, signature }, { requiredKeys: ['type', 'text'] }),
  fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.constant(''),
    isRedacted: fc.constant(true),
    signature,
  }),
  fc.record({
    type: fc.constant('tool-call' as const),
    id: fc.uuid(),
    name: fc.constant('f'),
    arguments: fc.dictionary(text, fc.oneof(fc.integer(), text, fc.boolean())).map((value) => JSON.stringify(value)),
    kind: fc.constant('function' as const),
  }),
);
const count = fc.nat(1e6);
const usage = fc.record({ input: count, output: count, cachedInput: count, cacheWriteInput: count }).map((numbers) => ({
  ...numbers,
  input: numbers.input + numbers.cachedInput + numbers.cacheWriteInput,
}));
const anyAnswer = fc
  .record({ parts: fc.array(part, { maxLength: 5 }), usage })
  .map(({ parts, usage }) => answerOf(parts, { usage }));

describe('any answer', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        expect(decode(encode(answer))).toEqual(answer);
      }),
    );
  });

  it('told as a stream is read as it was told', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        expect(collectAnswer(eventsOf([bytesOf(answerEvents(answer))]))).toEqual(answer);
      }),
    );
  });
});
