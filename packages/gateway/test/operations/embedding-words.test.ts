import { expect, it } from 'vitest';
import { PlayedProviders } from './played-providers.ts';

const played = new PlayedProviders({
  mistral: ['mistral', '/v1', ['codestral-embed']],
  cohere: ['cohere', '/compatibility/v1', ['embed-english-v3.0']],
});

const sent = () => played.simulator.attempts.map(({ body }) => body.toString('utf8'));

it('dimensions went to Mistral by a name that it refuses, where it was asked in its callers’ wire', async () => {
  const text = '{"model":"codestral-embed", "input":["a"], "dimensions": 8}';
  expect((await played.post('/v1/embeddings', text)).status).toBe(200);
  expect(sent()).toEqual(['{"model":"codestral-embed", "input":["a"], "output_dimension": 8}']);
});

it.each([
  ['/v2/embed', { model: 'codestral-embed', texts: ['a'], input_type: 'search_query', output_dimension: 8 }],
  ['/v1beta/models/codestral-embed:embedContent', { content: { parts: [{ text: 'a' }] }, outputDimensionality: 8 }],
])('dimensions went to Mistral by a name that it refuses, from another wire: %s', async (path, body) => {
  expect((await played.post(path, JSON.stringify(body))).status).toBe(200);
  expect(JSON.parse(sent()[0]!)).toMatchObject({ output_dimension: 8 });
  expect(sent()[0]).not.toContain('dimensions');
});

it('several images went in one call to a model of Cohere’s that takes one', async () => {
  const part = (data: string) => ({ inlineData: { mimeType: 'image/png', data } });
  const requests = ['AAAA', 'AAAB'].map((data) => ({ content: { parts: [part(data)] } }));
  const path = '/v1beta/models/embed-english-v3.0:batchEmbedContents';
  const response = await played.post(path, JSON.stringify({ requests }));
  expect(response.status).toBe(200);
  expect(((await response.json()) as { embeddings: unknown[] }).embeddings).toHaveLength(2);
  expect(sent().map((text) => (JSON.parse(text) as { images: string[] }).images)).toEqual([
    ['data:image/png;base64,AAAA'],
    ['data:image/png;base64,AAAB'],
  ]);
});
