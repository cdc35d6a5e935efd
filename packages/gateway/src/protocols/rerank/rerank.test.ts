import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { findRerankWire } from './find-rerank-wire.ts';
import type { RerankAnswer, RerankRequest, RerankWireName } from './rerank-wire.ts';

function bodyOf(text: string | Buffer): JsonObject {
  const value = parseExact(text.toString());
  if (!isObject(value)) throw new Error('no object');
  return value;
}

const decode = (name: RerankWireName, text: string) => findRerankWire(name).client.decodeRequest(bodyOf(text));
const write = (name: RerankWireName, request: RerankRequest) =>
  bodyOf(findRerankWire(name).upstream.encodeRequest(request, { model: 'up' }));

const names: readonly RerankWireName[] = ['cohere', 'jina', 'together'];
const plain = '{"model":"m","query":"Which bird?","documents":["Kiwi","Emu"],"top_n":1}';
const objects =
  '{"model":"m","query":"Which bird?","documents":[{"title":"Kiwi","text":"Flightless","legs":2},{"title":"Emu","text":"Fast"}],"rank_fields":["title","text"],"return_documents":true}';

describe('requests', () => {
  it.each(names)('of %s are read, and written for every other', (name) => {
    const request = decode(name, plain);
    expect(request).toMatchObject({
      model: 'm',
      query: 'Which bird?',
      documents: ['Kiwi', 'Emu'],
      topN: 1,
      returnDocuments: name === 'jina',
      unknownMembers: [],
    });
    const same = { model: 'up', query: 'Which bird?', documents: ['Kiwi', 'Emu'], top_n: 1 };
    expect(write('cohere', request)).toEqual(same);
    expect(write('jina', request)).toEqual({ ...same, return_documents: false });
    expect(write('together', request)).toEqual({ ...same, return_documents: false });
  });

  it('with objects become texts where only texts are taken', () => {
    const request = decode('cohere', objects);
    const texts = ['title: Kiwi\ntext: Flightless', 'title: Emu\ntext: Fast'];
    expect(write('cohere', request)['documents']).toEqual(texts);
    expect(write('jina', request)['documents']).toEqual(texts);
    expect(write('together', request)).toMatchObject({
      documents: bodyOf(objects)['documents'],
      rank_fields: ['title', 'text'],
    });
    const mixed = decode('jina', '{"query":"q","documents":["Kiwi",{"text":"Emu"},{"legs":2,"tags":["a"]}]}');
    expect(write('together', mixed)['documents']).toEqual(['Kiwi', 'Emu', 'legs: 2\ntags: ["a"]']);
  });

  it('of both editions of Cohere are read', () => {
    const text = '{"query":"q","documents":["a"],"max_chunks_per_doc":3,"max_tokens_per_doc":99,"priority":1}';
    const request = decode('cohere', text);
    expect(request).toMatchObject({ maxChunksPerDocument: 3, maxTokensPerDocument: 99, unknownMembers: ['priority'] });
    expect(write('cohere', request)).toMatchObject({ max_tokens_per_doc: 99 });
  });

  it.each<[string, object]>([
    ['query', { documents: ['a'] }],
    ['query', { query: 5, documents: ['a'] }],
    ['documents', { query: 'q' }],
    ['documents', { query: 'q', documents: [] }],
    ['documents', { query: 'q', documents: 'a' }],
    ['documents[1]', { query: 'q', documents: ['a', 5] }],
    ['top_n', { query: 'q', documents: ['a'], top_n: -1 }],
    ['return_documents', { query: 'q', documents: ['a'], return_documents: 'yes' }],
  ])('name %s when it is wrong', (param, body) => {
    for (const name of names) {
      expect(errorOf(() => decode(name, JSON.stringify(body)))).toMatchObject({ kind: 'invalid_request', param });
    }
  });
});

const results = [
  { index: 1, relevance_score: 0.9 },
  { index: 0, relevance_score: 1e-7 },
];

describe('answers', () => {
  const read = (name: RerankWireName, body: object) =>
    findRerankWire(name).upstream.decodeAnswer(bodyOf(JSON.stringify(body)), decode(name, plain));

  it('are read', () => {
    const scored = [
      { index: 1, score: 0.9 },
      { index: 0, score: 1e-7 },
    ];
    expect(read('cohere', { id: 'r', results, meta: { billed_units: { search_units: 1 } } })).toEqual({
      id: 'r',
      model: undefined,
      results: scored,
      usage: { input: 0, output: 0, searchUnits: 1 },
    });
    expect(read('jina', { model: 'up', usage: { total_tokens: 17 }, results })).toMatchObject({
      model: 'up',
      results: scored,
      usage: { input: 17, output: 0 },
    });
    const usage = { prompt_tokens: 8, completion_tokens: 0, total_tokens: 8 };
    expect(read('together', { object: 'rerank', id: 't', model: 'up', results, usage })).toMatchObject({
      id: 't',
      results: scored,
      usage: { input: 8, output: 0 },
    });
  });

  it.each([{}, { results: 'none' }, { results: [{ index: 0 }] }, { results: [{ index: 2, relevance_score: 1 }] }])(
    'that are none are told: %j',
    (body) => {
      for (const name of names) expect(errorOf(() => read(name, body)).kind).toBe('upstream_malformed');
    },
  );

  it('are written as each client reads them, with the documents that it wants', () => {
    const answer: RerankAnswer = {
      id: undefined,
      model: undefined,
      results: [{ index: 1, score: 0.9 }],
      usage: { input: 8, output: 0 },
    };
    const written = (name: RerankWireName, text: string) => {
      const context = { id: 'exchange-1', model: 'asked', request: decode(name, text) };
      return bodyOf(findRerankWire(name).client.encodeAnswer(answer, context));
    };
    const score = { index: 1, relevance_score: 0.9 };
    expect(written('cohere', plain)).toEqual({
      id: 'exchange-1',
      results: [score],
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    });
    expect(written('cohere', objects)).toMatchObject({
      results: [{ ...score, document: { title: 'Emu', text: 'Fast' } }],
    });
    expect(written('jina', plain)).toEqual({
      model: 'asked',
      object: 'list',
      usage: { total_tokens: 8, prompt_tokens: 8 },
      results: [{ ...score, document: { text: 'Emu' } }],
    });
    expect(written('together', plain)).toMatchObject({ object: 'rerank', results: [{ ...score, document: {} }] });
    expect(written('together', objects)).toMatchObject({
      results: [{ ...score, document: { text: '{"title":"Emu","text":"Fast"}' } }],
      usage: { prompt_tokens: 8, completion_tokens: 0, total_tokens: 8 },
    });
  });
});

function errorOf(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
