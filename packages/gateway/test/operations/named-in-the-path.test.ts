import type { Simulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../harness/test-gateway.ts';
import { playProviders } from './played-providers.ts';

let simulator: Simulator;
let gateway: TestGateway;

beforeAll(async () => {
  ({ simulator, gateway } = await playProviders({
    gemini: ['gemini', '/v1beta/openai', ['gemini-pro', 'gemini-embed']],
    bedrock: ['bedrock', '', ['amazon.nova']],
  }));
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await gateway.stop();
  await simulator.close();
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
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    });
    expect(response.status).toBe(200);
    expect(simulator.attempts.map((attempt) => attempt.body.toString())).toEqual([text]);
  });
});
