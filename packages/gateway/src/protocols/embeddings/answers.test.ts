import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmbeddingAnswer, EmbeddingWireName } from './embedding-wire.ts';
import {
  bodyOf,
  clientOf,
  cohereRequest,
  decode,
  errorOf,
  geminiRequest,
  openaiRequest,
} from './embeddings.fixture.ts';
import { findEmbeddingWire } from './find-embedding-wire.ts';
import { joinEmbeddings, splitEmbeddings } from './split-embeddings.ts';
import { decodeVector, encodeVector } from './vectors.ts';

const answers: readonly (readonly [EmbeddingWireName, string, Partial<EmbeddingAnswer>])[] = [
  [
    'openai',
    '{"object":"list","data":[{"object":"embedding","index":1,"embedding":[-2]},{"object":"embedding","index":0,"embedding":[0.5,1.0]}],"model":"up","usage":{"prompt_tokens":3,"total_tokens":3}}',
    { model: 'up', usage: { input: 3, output: 0 } },
  ],
  ['openai', '{"data":[{"index":0,"embedding":"AAAAPwAAgD8="},{"index":1,"embedding":"AAAAwA=="}]}', {}],
  ['gemini', '{"embeddings":[{"values":[0.5,1]},{"values":[-2]}]}', {}],
  [
    'cohere',
    '{"id":"e-1","embeddings":{"float":[[0.5,1.0],[-2]]},"texts":["a","b"],"meta":{"billed_units":{"input_tokens":2,"image_tokens":3}},"response_type":"embeddings_by_type"}',
    { id: 'e-1', usage: { input: 5, output: 0 } },
  ],
  ['cohere', '{"embeddings":{"base64":["AAAAPwAAgD8=","AAAAwA=="]}}', {}],
  ['bedrock-cohere', '{"embeddings":[[0.5,1],[-2]],"response_type":"embeddings_floats"}', {}],
];

describe('answers', () => {
  it.each(answers)('of %s are read: %s', (name, text, expected) => {
    const answer = findEmbeddingWire(name).upstream.decodeAnswer(bodyOf(text), { count: 2 });
    expect(answer.vectors.map((vector) => Array.from(vector))).toEqual([[0.5, 1], [-2]]);
    expect(answer).toMatchObject({ usage: undefined, ...expected });
  });

  it('of one input are read', () => {
    const { upstream } = findEmbeddingWire('bedrock-titan');
    const body = bodyOf('{"embedding":[3.05E-4],"embeddingsByType":{"float":[3.05E-4]},"inputTextTokenCount":4}');
    expect(upstream.decodeAnswer(body, { count: 1 })).toMatchObject({ vectors: [[0.000305]], usage: { input: 4 } });
    const single = findEmbeddingWire('gemini').upstream.decodeAnswer(
      bodyOf('{"embedding":{"values":[0.5]},"usageMetadata":{"promptTokenCount":4}}'),
      { count: 1 },
    );
    expect(single).toMatchObject({ vectors: [[0.5]], usage: { input: 4 } });
  });

  it.each<[EmbeddingWireName, string]>([
    ['openai', '{}'],
    ['openai', '{"data":[{"index":0,"embedding":[1]}]}'],
    ['openai', '{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":["x"]}]}'],
    ['openai', '{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[]}]}'],
    ['openai', '{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":"AAA="}]}'],
    ['gemini', '{"embeddings":[{}]}'],
    ['cohere', '{"embeddings":{"int8":[[1],[2]]}}'],
    ['bedrock-titan', '{"inputTextTokenCount":1}'],
  ])('of %s that are none are told: %s', (name, text) => {
    expect(errorOf(() => findEmbeddingWire(name).upstream.decodeAnswer(bodyOf(text), { count: 2 })).kind).toBe(
      'upstream_malformed',
    );
  });

  it('with numbers of eight bits are read where they are said to be', () => {
    const context = { count: 1, base64Numbers: 'int8' } as const;
    const answer = findEmbeddingWire('openai').upstream.decodeAnswer(
      bodyOf('{"data":[{"embedding":"AX+A/w=="}]}'),
      context,
    );
    expect(Array.from(answer.vectors[0]!)).toEqual([1, 127, -128, -1]);
  });

  it('are written as each client reads them', () => {
    const answer = { id: undefined, model: undefined, vectors: [[0.5, 1], [-2]], usage: { input: 3, output: 0 } };
    const written = (name: EmbeddingWireName, text: string) => {
      const context = { id: 'exchange-1', model: 'asked', request: decode(name, text) };
      return bodyOf(clientOf(name).encodeAnswer(answer, context));
    };
    expect(written('openai', openaiRequest)).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: 'AAAAPwAAgD8=' },
        { object: 'embedding', index: 1, embedding: 'AAAAwA==' },
      ],
      model: 'asked',
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    expect(written('gemini', geminiRequest)).toEqual({
      embeddings: [{ values: [0.5, 1] }, { values: [-2] }],
      usageMetadata: { promptTokenCount: 3 },
    });
    expect(written('gemini', '{"content":{"parts":[{"text":"a"}]}}')).toMatchObject({
      embedding: { values: [0.5, 1] },
    });
    expect(written('cohere', cohereRequest)).toEqual({
      id: 'exchange-1',
      embeddings: { float: [[0.5, 1], [-2]] },
      texts: ['Kiwi', 'Emu'],
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: 3 } },
      response_type: 'embeddings_by_type',
    });
  });
});

describe('vectors in base64', () => {
  it('are exact both ways', () => {
    const float32 = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(float32, (numbers) => {
        const text = encodeVector(numbers, 'base64');
        const vector = decodeVector(text, {})!;
        expect(Array.from(vector)).toEqual(numbers);
        expect(encodeVector(vector, 'base64')).toBe(text);
        expect(encodeVector(vector, 'float')).toEqual(numbers);
      }),
    );
  });

  it('have the least byte first', () => {
    expect(encodeVector([1], 'base64')).toBe(Buffer.of(0, 0, 0x80, 0x3f).toString('base64'));
  });
});

describe('a request with more inputs than one call takes', () => {
  it('is as many calls, whose answers are one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 10 }),
        (texts, most) => {
          const request = decode('openai', JSON.stringify({ input: texts }));
          const calls = splitEmbeddings(request, { maxInputs: most, model: 'm' });
          expect(calls.every(({ inputs }) => inputs.length > 0 && inputs.length <= most)).toBe(true);
          expect(calls.flatMap(({ inputs }) => inputs)).toEqual(request.inputs);
          const parts = calls.map(({ inputs }) => ({
            id: undefined,
            model: 'm',
            vectors: inputs.map((_, index) => [index]),
            usage: { input: inputs.length, output: 0 },
          }));
          expect(joinEmbeddings(parts)).toMatchObject({ model: 'm', usage: { input: texts.length, output: 0 } });
          expect(joinEmbeddings(parts).vectors).toHaveLength(texts.length);
        },
      ),
    );
    const counted = { id: undefined, model: undefined, vectors: [[1]], usage: { input: 1, output: 0 } };
    const pictured = { ...counted, usage: { input: 3, output: 0, imageInput: 2 } };
    expect(joinEmbeddings([counted, pictured]).usage).toEqual({ input: 4, output: 0, imageInput: 2 });
    expect(joinEmbeddings([counted, { ...counted, usage: undefined }]).usage).toBeUndefined();
  });
});
