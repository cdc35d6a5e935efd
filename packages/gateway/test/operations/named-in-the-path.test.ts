import { describe, expect, it } from 'vitest';
import { PlayedProviders } from './played-providers.ts';

const played = new PlayedProviders({
  gemini: ['gemini', '/v1beta/openai', ['gemini-pro', 'gemini-embed']],
  bedrock: ['bedrock', '', ['amazon.nova']],
});

describe('a model that the path names', () => {
  const content = { role: 'user', parts: [{ text: 'One' }] };
  const converse = { messages: [{ role: 'user', content: [{ text: 'One' }] }] };

  it.each<[string, object]>([
    ['/v1beta/models/gemini-embed:embedContent', { content }],
    ['/v1beta/models/gemini-embed:embedContent', { model: 'models/gemini-embed', content }],
    ['/v1beta/models/gemini-embed:batchEmbedContents', { requests: [{ model: 'models/gemini-embed', content }] }],
    ['/v1beta/models/gemini-pro:countTokens', { contents: [content] }],
    ['/model/amazon.nova/count-tokens', { input: { converse } }],
  ])('was written into the body of %s as well: %j', async (path, body) => {
    const text = JSON.stringify(body);
    expect((await played.post(path, text)).status).toBe(200);
    expect(played.simulator.attempts.map((attempt) => attempt.body.toString())).toEqual([text]);
  });
});
