import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

let simulator: Simulator;
let gateway: TestGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  const { url } = simulator;
  const provider = (kind: string, path: string, models: string[]) => ({
    kind,
    base_url: url + path,
    api_key: `key-of-${kind}`,
    models,
  });
  gateway = await startTestGateway({
    config: {
      providers: {
        plain: provider('openai_compatible', '/v1', ['plain', 'plain-embed', 'plain-rerank']),
        gemini: provider('gemini', '/v1beta/openai', ['gemini-pro', 'gemini-embed']),
        cohere: provider('cohere', '/compatibility/v1', ['command', 'embed-v4', 'rerank-v4']),
        bedrock: provider('bedrock', '', ['amazon.titan-embed-text-v2:0', 'cohere.embed-v4:0', 'amazon.nova']),
        anthropic: provider('anthropic', '', ['claude']),
        together: provider('together', '/v1', ['together-rerank']),
      },
    },
  });
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await gateway.stop();
  await simulator.close();
});

interface Asked {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

async function ask(path: string, body: unknown): Promise<Asked> {
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

/** Paths that the upstream saw, and the last body. */
function seen(): { readonly paths: readonly string[]; readonly body: Record<string, unknown> } {
  const { attempts } = simulator;
  return {
    paths: attempts.map(({ path }) => path),
    body: JSON.parse(attempts.at(-1)!.body.toString('utf8')) as Record<string, unknown>,
  };
}

describe('embeddings', () => {
  const vectorsOf = ({ body }: Asked) =>
    (body['data'] as { embedding: number[] }[]).map(({ embedding }) => embedding.length);

  it.each([
    ['plain-embed', ['/v1/embeddings']],
    ['gemini-embed', ['/v1beta/openai/embeddings']],
    ['embed-v4', ['/compatibility/v1/embeddings']],
    ['cohere.embed-v4:0', ['/model/cohere.embed-v4%3A0/invoke']],
    // One text a call.
    [
      'amazon.titan-embed-text-v2:0',
      ['/model/amazon.titan-embed-text-v2%3A0/invoke', '/model/amazon.titan-embed-text-v2%3A0/invoke'],
    ],
  ])('asked for in OpenAI’s wire come from %s', async (model, paths) => {
    const asked = await ask('/v1/embeddings', { model, input: ['one', 'two words'] });
    expect(asked).toMatchObject({ status: 200, body: { object: 'list' } });
    expect(vectorsOf(asked)).toHaveLength(2);
    expect(vectorsOf(asked)[0]).toBeGreaterThan(1);
    expect(seen().paths).toEqual(paths);
  });

  it('asked for in Cohere’s wire come from Gemini’s', async () => {
    const body = { model: 'gemini-embed', texts: ['one', 'two'], input_type: 'search_document' };
    const asked = await ask('/v2/embed', body);
    expect(asked.status).toBe(200);
    expect(seen().paths).toEqual(['/v1beta/models/gemini-embed:batchEmbedContents']);
    expect(seen().body['requests']).toMatchObject([{ taskType: 'RETRIEVAL_DOCUMENT' }, {}]);
  });

  it('asked for in Cohere’s wire come from OpenAI’s', async () => {
    const body = {
      model: 'plain-embed',
      texts: ['one', 'two'],
      input_type: 'search_query',
      embedding_types: ['float'],
    };
    const asked = await ask('/v2/embed', body);
    expect(asked.status).toBe(200);
    expect((asked.body['embeddings'] as { float: number[][] }).float).toHaveLength(2);
    expect(seen()).toMatchObject({ paths: ['/v1/embeddings'], body: { model: 'plain-embed', input: ['one', 'two'] } });
  });

  it('asked for in Gemini’s wire come from OpenAI’s', async () => {
    const asked = await ask('/v1beta/models/plain-embed:embedContent', { content: { parts: [{ text: 'one' }] } });
    expect(asked.status).toBe(200);
    expect((asked.body['embedding'] as { values: number[] }).values.length).toBeGreaterThan(1);
    expect(seen().paths).toEqual(['/v1/embeddings']);
  });

  it('of the caller’s own wire go through as they are', async () => {
    const body = { model: 'embed-v4', texts: ['one'], input_type: 'search_query', odd: 1.5 };
    expect((await ask('/v2/embed', body)).status).toBe(200);
    expect(seen()).toMatchObject({ paths: ['/v2/embed'], body });
  });

  it.each(['cohere.embed-v4:0', 'amazon.titan-embed-text-v2:0'])(
    'of %s were told to have taken nothing',
    async (model) => {
      const { body } = await ask('/v1/embeddings', { model, input: ['one', 'two words'] });
      expect(body['usage']).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    },
  );

  it('that a wire cannot say are refused with the field’s name', async () => {
    const asked = await ask('/v1/embeddings', { model: 'cohere.embed-v4:0', input: [[1, 2, 3]] });
    expect(asked).toMatchObject({ status: 400, body: { error: { param: 'input[0]' } } });
    expect(simulator.attemptCount).toBe(0);
  });

  it('that failed under status 200 were a broken answer, whatever it says', async () => {
    const error = { message: 'You exceeded your current quota.', code: 'insufficient_quota' };
    simulator.behave({
      kind: 'raw',
      status: 200,
      headers: { 'content-type': 'application/json' },
      bytes: JSON.stringify({ error }),
    });
    const asked = await ask('/v2/embed', { model: 'plain-embed', texts: ['one'], input_type: 'search_query' });
    expect(asked.headers.get('x-gateway-attempts')).toMatch(/quota_exhausted/);
    expect(simulator.attemptCount).toBe(1);
  });

  it('whose upstream answers something else are a failure', async () => {
    simulator.behave({
      kind: 'raw',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"ok":1}',
    } as never);
    expect((await ask('/v1/embeddings', { model: 'embed-v4', input: 'x' })).status).toBe(502);
  });
});

describe('reranking', () => {
  const documents = ['about cats', 'about dogs'];
  const query = 'dogs';

  it.each([
    ['plain-rerank', '/v1/rerank'],
    ['rerank-v4', '/v2/rerank'],
    ['together-rerank', '/v1/rerank'],
  ])('asked for as Jina has it comes from %s', async (model, path) => {
    const { status, body } = await ask('/v1/rerank', { model, query, documents, top_n: 1 });
    expect(status).toBe(200);
    expect(body['results']).toHaveLength(1);
    expect((body['results'] as { relevance_score: number }[])[0]!.relevance_score).toBeTypeOf('number');
    expect(seen().paths).toEqual([path]);
  });

  it('was passed on unsorted, and more of it than was wanted', async () => {
    const results = [0.2, -1, 0.9].map((score, index) => ({ index, relevance_score: score }));
    const headers = { 'content-type': 'application/json' };
    simulator.behave({ kind: 'raw', status: 200, headers, bytes: JSON.stringify({ results }) });
    const asked = await ask('/v2/rerank', { model: 'plain-rerank', query, documents: ['a', 'b', 'c'], top_n: 2 });
    expect(asked.body['results']).toEqual([
      { index: 2, relevance_score: 0.9 },
      { index: 0, relevance_score: 0.2 },
    ]);
  });

  it('asked for as Cohere has it comes from Jina’s', async () => {
    const { status, body } = await ask('/v2/rerank', { model: 'plain-rerank', query, documents });
    expect(status).toBe(200);
    expect(body['results']).toHaveLength(2);
    expect(seen().paths).toEqual(['/v1/rerank']);
  });
});

describe('counting tokens', () => {
  const messages = { max_tokens: 10, messages: [{ role: 'user', content: 'How many tokens are these?' }] };

  it.each([
    ['claude', ['/v1/messages/count_tokens']],
    ['gemini-pro', ['/v1beta/models/gemini-pro:countTokens']],
    ['amazon.nova', ['/model/amazon.nova/count-tokens']],
    // No wire of it can be asked: the gateway estimates.
    ['command', []],
  ])('in Anthropic’s wire asks %s', async (model, paths) => {
    const { status, body } = await ask('/v1/messages/count_tokens', { model, ...messages });
    expect(status).toBe(200);
    expect(body).toEqual({ input_tokens: expect.any(Number) });
    expect(body['input_tokens']).toBeGreaterThan(3);
    expect(simulator.attempts.map(({ path }) => path)).toEqual(paths);
  });

  it('in the other wires asks whoever can', async () => {
    const contents = [{ role: 'user', parts: [{ text: 'Hi there' }] }];
    expect((await ask('/v1beta/models/claude:countTokens', { contents })).body).toEqual({
      totalTokens: expect.any(Number),
    });
    const converse = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] };
    expect((await ask('/model/claude/count-tokens', { input: { converse } })).body).toEqual({
      inputTokens: expect.any(Number),
    });
    const counted = await ask('/v1/responses/input_tokens', { model: 'claude', input: 'Hi' });
    expect(counted.body).toEqual({ object: 'response.input_tokens', input_tokens: expect.any(Number) });
    expect(new Set(seen().paths)).toEqual(new Set(['/v1/messages/count_tokens']));
  });
});

describe('pictures and speech', () => {
  const page = '<!doctype html><title>Sign in</title>';

  it.each([
    ['/v1/images/generations', 'plain'],
    ['/v1/audio/speech', 'plain-embed'],
  ])('were a web page: %s', async (path, model) => {
    simulator.behave({
      kind: 'raw',
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      bytes: page,
    });
    const { status, body } = await ask(path, { model, prompt: 'A kiwi', input: 'Hello', voice: 'alloy' });
    expect(status).toBe(502);
    expect(body).toMatchObject({ error: { message: expect.stringContaining('web page') } });
  });
});
