import type { Behaviour } from '@llm-gateway/simulator';
import { describe, expect, it } from 'vitest';
import { PlayedProviders } from './played-providers.ts';

const played = new PlayedProviders({
  azure: ['azure-openai', '', ['gpt', 'claude-azure']],
  vertex: ['vertex', '/v1/projects/p/locations/l', ['gemini-vertex']],
  bedrock: ['bedrock', '', ['us.anthropic.claude-1', 'global.anthropic.claude-2:0']],
  compatible: ['openai_compatible', '/v1', ['open', 'of both']],
  likewise: ['anthropic_compatible', '', ['alike', 'of both']],
});

const conversation = { system: 'Be brief.', messages: [{ role: 'user', content: 'How many tokens are these?' }] };

async function count(model: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await played.post('/v1/messages/count_tokens', JSON.stringify({ model, ...conversation }));
  return { status: response.status, body: await response.json() };
}

const paths = () => played.simulator.attempts.map(({ path }) => path);

describe('a count', () => {
  it.each([
    ['claude-azure', '/anthropic/v1/messages/count_tokens'],
    ['gemini-vertex', '/v1/projects/p/locations/l/publishers/google/models/gemini-vertex:countTokens'],
    ['us.anthropic.claude-1', '/model/anthropic.claude-1/count-tokens'],
    ['global.anthropic.claude-2:0', '/model/anthropic.claude-2%3A0/count-tokens'],
  ])('was not asked for where %s is asked for answers', async (model, path) => {
    expect(await count(model)).toMatchObject({ status: 200, body: { input_tokens: expect.any(Number) } });
    expect(paths()).toEqual([path]);
  });

  it('was asked for in a wire that the target does not offer for the model', async () => {
    await count('gpt');
    expect(paths()[0]).toBe('/openai/v1/responses/input_tokens');
  });

  it('went to Vertex AI in a member that only the Gemini API knows', async () => {
    await count('gemini-vertex');
    expect(JSON.parse(played.simulator.attempts[0]!.body.toString())).toMatchObject({
      contents: [{ parts: [{ text: 'How many tokens are these?' }] }],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
    });
  });
});

describe('a target that counts no tokens', () => {
  const noModel = { message: "The provided model doesn't support counting tokens." };
  const notThere = { type: 'error', error: { type: 'not_found_error', message: 'Not Found' } };
  const page: Behaviour = {
    kind: 'raw',
    status: 200,
    headers: { 'content-type': 'text/html' },
    bytes: '<!doctype html>',
  };

  it.each<[string, Behaviour]>([
    ['open', { kind: 'status', status: 405 }],
    ['open', { kind: 'status', status: 404, body: { detail: 'Not Found' } }],
    ['open', page],
    ['alike', { kind: 'status', status: 404, body: notThere }],
    ['alike', page],
    ['us.anthropic.claude-1', { kind: 'status', status: 400, body: noModel }],
  ])('was an error though the gateway could estimate: %s, %j', async (model, behaviour) => {
    played.simulator.behave(behaviour);
    expect(await count(model)).toEqual({ status: 200, body: { input_tokens: expect.any(Number) } });
    expect(played.simulator.attemptCount).toBe(1);
  });

  it.each([
    [
      'open',
      { error: { message: 'The model `open` does not exist.', type: 'NotFoundError', param: 'model', code: 404 } },
    ],
    ['alike', { type: 'error', error: { type: 'not_found_error', message: 'model: alike' } }],
    ['claude-azure', { error: { code: 'DeploymentNotFound', message: 'The API deployment does not exist.' } }],
  ])('was taken for one where it is the model that is not there: %s', async (model, body) => {
    played.simulator.behave({ kind: 'status', status: 404, body });
    expect((await count(model)).status).toBe(404);
    expect(played.simulator.attemptCount).toBe(1);
  });

  it('was taken for one before a target that has the model was asked', async () => {
    const absent = { error: { message: 'The model does not exist.', code: 'model_not_found' } };
    played.simulator.script([{ kind: 'status', status: 404, body: absent }]);
    expect((await count('of both')).status).toBe(200);
    expect(played.simulator.attemptCount).toBe(2);
  });

  it('is no reason to estimate what the caller has wrong', async () => {
    played.simulator.behave({ kind: 'status', status: 400 });
    expect((await count('open')).status).toBe(400);
  });
});
