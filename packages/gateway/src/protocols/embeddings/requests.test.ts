import { describe, expect, it } from 'vitest';
import type { EmbeddingRequest, EmbeddingWire, EmbeddingWireName } from './embedding-wire.ts';
import { bodyOf, cohereRequest, decode, errorOf, geminiRequest, openaiRequest, write } from './embeddings.fixture.ts';
import { findEmbeddingWire } from './find-embedding-wire.ts';
import { splitEmbeddings } from './split-embeddings.ts';

describe('requests', () => {
  it.each([
    ['openai' as const, openaiRequest, { model: 'm', encodingFormat: 'base64', user: 'u-1' }],
    ['gemini' as const, geminiRequest, { model: 'g', purpose: 'query' }],
    ['cohere' as const, cohereRequest, { model: 'c', purpose: 'query', truncate: 'end', encodingFormat: 'float' }],
  ])('of %s are read as what they say', (name, text, expected) => {
    const request = decode(name, text);
    expect(request).toMatchObject({ dimensions: 256, isSingle: false, unknownMembers: [], ...expected });
    expect(request.inputs.map(({ parts }) => parts)).toEqual([
      [{ type: 'text', text: 'Kiwi' }],
      [{ type: 'text', text: 'Emu' }],
    ]);
  });

  it.each<[EmbeddingWireName, object]>([
    ['openai', { model: 'm', input: ['Kiwi', 'Emu'], dimensions: 256 }],
    [
      'gemini',
      {
        requests: ['Kiwi', 'Emu'].map((text) => ({
          model: 'models/m',
          content: { role: 'user', parts: [{ text }] },
          taskType: 'RETRIEVAL_QUERY',
          outputDimensionality: 256,
        })),
      },
    ],
    [
      'cohere',
      {
        model: 'm',
        input_type: 'search_query',
        embedding_types: ['float'],
        output_dimension: 256,
        texts: ['Kiwi', 'Emu'],
      },
    ],
    [
      'bedrock-cohere',
      { input_type: 'search_query', embedding_types: ['float'], output_dimension: 256, texts: ['Kiwi', 'Emu'] },
    ],
    ['bedrock-titan', { inputText: 'Kiwi', dimensions: 256 }],
  ])('are written for %s', (name, expected) => {
    const { upstream } = findEmbeddingWire(name);
    const [first] = splitEmbeddings(decode('gemini', geminiRequest), { ...upstream, model: 'm' });
    expect(write(name, first!)).toEqual(expected);
  });

  it('of one input stay of one', () => {
    const text = decode('openai', '{"model":"m","input":"Kiwi"}');
    expect(write('openai', text)).toEqual({ model: 'm', input: 'Kiwi' });
    const tokens = decode('openai', '{"model":"m","input":[5,6]}');
    expect(tokens).toMatchObject({ isSingle: true, inputs: [{ parts: [{ type: 'tokens', tokens: [5, 6] }] }] });
    expect(write('openai', tokens)).toEqual({ model: 'm', input: [5, 6] });
    const content = '{"content":{"parts":[{"text":"Kiwi"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"Birds"}';
    expect(write('gemini', decode('gemini', content))).toEqual({
      content: { role: 'user', parts: [{ text: 'Kiwi' }] },
      taskType: 'RETRIEVAL_DOCUMENT',
      title: 'Birds',
    });
  });

  it('of Gemini are read in both forms of names, and with their options apart', () => {
    const body = {
      content: { parts: [{ inline_data: { mime_type: 'image/png', data: 'AAAA' } }, { text: 'Kiwi' }] },
      embed_content_config: { task_type: 'CLUSTERING', output_dimensionality: 8 },
    };
    expect(decode('gemini', JSON.stringify(body))).toMatchObject({
      purpose: 'clustering',
      dimensions: 8,
      isSingle: true,
    });
  });

  it('with images go where images go', () => {
    const image = 'data:image/png;base64,AAAA';
    const images = decode('cohere', JSON.stringify({ model: 'c', input_type: 'image', images: [image] }));
    expect(write('cohere', images)).toMatchObject({ input_type: 'image', images: [image] });
    expect(write('gemini', images)).toMatchObject({
      requests: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] } }],
    });
    const content = [
      { type: 'text', text: 'Kiwi' },
      { type: 'image_url', image_url: { url: image } },
    ];
    const mixed = decode('cohere', JSON.stringify({ input_type: 'clustering', inputs: [{ content }] }));
    expect(write('cohere', mixed)['inputs']).toEqual([{ content }]);
    expect(write('bedrock-cohere', mixed)['inputs']).toEqual([
      { content: [content[0], { type: 'image_url', image_url: image }] },
    ]);
    expect(errorOf(() => write('openai', images))).toMatchObject({ kind: 'invalid_request', param: 'images[0]' });
    expect(errorOf(() => write('bedrock-titan', mixed))).toMatchObject({ kind: 'invalid_request', param: 'inputs[0]' });
  });

  it.each([
    ['cohere' as const, 'embed-english-v3.0'],
    ['cohere' as const, 'embed-multilingual-light-v3.0'],
    ['bedrock-cohere' as const, 'cohere.embed-english-v3'],
  ])('with several images were one call of %s where %s takes one alone', (name, model) => {
    const images = ['AAAA', 'AAAB'].map((data) => `data:image/png;base64,${data}`);
    const request = decode('cohere', JSON.stringify({ input_type: 'image', texts: ['a', 'b'], images }));
    const { upstream } = findEmbeddingWire(name);
    const calls = splitEmbeddings(request, { ...upstream, model }).map((call) => write(name, call, model));
    expect(calls).toMatchObject([
      { texts: ['a', 'b'], input_type: 'search_document' },
      { images: [images[0]], input_type: 'image' },
      { images: [images[1]], input_type: 'image' },
    ]);
    expect(splitEmbeddings(request, { ...upstream, model: 'embed-v4.0' })).toEqual([request]);
  });

  it('with token numbers go nowhere but where they came from', () => {
    const tokens = decode('openai', '{"model":"m","input":[[5],[6]]}');
    expect(write('openai', tokens)['input']).toEqual([[5], [6]]);
    for (const name of ['gemini', 'cohere', 'bedrock-cohere', 'bedrock-titan'] as const) {
      expect(errorOf(() => write(name, tokens))).toMatchObject({ kind: 'invalid_request', param: 'input[0]' });
    }
  });

  it('tell Bedrock which end goes in the words of its models', () => {
    const request = decode('cohere', '{"texts":["Kiwi"],"input_type":"search_document","truncate":"START"}');
    expect(write('bedrock-cohere', request, 'us.cohere.embed-v4:0')['truncate']).toBe('LEFT');
    expect(write('bedrock-cohere', request, 'cohere.embed-english-v3')['truncate']).toBe('START');
    expect(write('cohere', request)['truncate']).toBe('START');
  });

  it.each<[EmbeddingWireName, string, object]>([
    ['openai', 'input', {}],
    ['openai', 'input', { input: [] }],
    ['openai', 'input', { input: 5 }],
    ['openai', 'input[1]', { input: ['a', 5] }],
    ['openai', 'input[0]', { input: [[1.5]] }],
    ['openai', 'encoding_format', { input: 'a', encoding_format: 'hex' }],
    ['openai', 'dimensions', { input: 'a', dimensions: -1 }],
    ['openai', 'dimensions', { input: 'a', dimensions: 0 }],
    ['gemini', 'content', {}],
    ['gemini', 'content.parts', { content: { parts: [] } }],
    ['gemini', 'content.parts[0]', { content: { parts: [{ functionCall: {} }] } }],
    ['gemini', 'taskType', { content: { parts: [{ text: 'a' }] }, taskType: 'DREAM' }],
    ['gemini', 'requests', { requests: [] }],
    [
      'gemini',
      'requests[1]',
      {
        requests: [
          { content: { parts: [{ text: 'a' }] } },
          { content: { parts: [{ text: 'a' }] }, taskType: 'CLUSTERING' },
        ],
      },
    ],
    ['cohere', 'texts', { input_type: 'search_query' }],
    ['cohere', 'texts', { texts: [5] }],
    ['cohere', 'images[0]', { images: ['data:x'] }],
    ['cohere', 'input_type', { texts: ['a'], input_type: 'dream' }],
    ['cohere', 'embedding_types', { texts: ['a'], embedding_types: ['int8'] }],
    ['cohere', 'truncate', { texts: ['a'], truncate: 'MIDDLE' }],
    ['cohere', 'inputs[0].content[0].type', { inputs: [{ content: [{ type: 'video' }] }] }],
  ])('of %s name %s when it is wrong', (name, param, body) => {
    expect(errorOf(() => decode(name, JSON.stringify(body)))).toMatchObject({ kind: 'invalid_request', param });
  });

  it('have their paths', () => {
    const path = (name: EmbeddingWireName, request: EmbeddingRequest, model = 'm') =>
      findEmbeddingWire(name).upstream.pathOf({ model, request });
    const many = decode('openai', openaiRequest);
    const one = decode('openai', '{"input":"Kiwi"}');
    expect(path('openai', many)).toBe('/v1/embeddings');
    expect(path('cohere', many)).toBe('/v2/embed');
    expect(path('gemini', many)).toBe('/v1beta/models/m:batchEmbedContents');
    expect(path('gemini', one)).toBe('/v1beta/models/m:embedContent');
    expect(path('bedrock-titan', one, 'amazon.titan-embed-text-v2:0')).toBe(
      '/model/amazon.titan-embed-text-v2%3A0/invoke',
    );
  });
});

describe('every wire', () => {
  it('writes what it reads', () => {
    const roundTrips: readonly (readonly [EmbeddingWire, string])[] = [
      [findEmbeddingWire('openai'), openaiRequest],
      [findEmbeddingWire('cohere'), cohereRequest],
    ];
    for (const [wire, text] of roundTrips) {
      const request = wire.client!.decodeRequest(bodyOf(text));
      expect(bodyOf(wire.upstream.encodeRequest(request, { model: request.model! }))).toEqual(bodyOf(text));
    }
  });
});
