import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, errorOf, hello, sentBody } from './caller.ts';

let simulator: Simulator;
let gateway: TestGateway;

beforeEach(async () => {
  simulator = await startSimulator({});
  const openai = { kind: 'openai-compatible', base_url: `${simulator.url}/v1`, api_key: 'k' };
  gateway = await startTestGateway({ config: { providers: { openai }, routing: { default_provider: 'openai' } } });
});

afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

it.each([
  ['/v1/moderations', { input: 'peace' }],
  ['/v1/images/generations', { prompt: 'a cat' }],
  ['/v1/responses', { prompt: { id: 'pmpt_1' } }],
])('%s goes to the default provider with the body as it is', async (path, body) => {
  const response = await call(gateway.url, body, { path });
  expect(response.headers.get('x-gateway-target')).toBe('openai');
  expect(simulator.attempts).toHaveLength(1);
  expect(simulator.attempts[0]!.path).toBe(path);
  expect(sentBody(simulator.attempts[0])).toEqual(body);
});

it.each([
  ['/v1/chat/completions', { messages: hello }],
  ['/v1/completions', { prompt: 'Hello' }],
  ['/v1/embeddings', { input: 'Hello' }],
])('%s still needs a model', async (path, body) => {
  const response = await call(gateway.url, body, { path });
  expect([response.status, (await errorOf(response)).code]).toEqual([400, 'model_required']);
  expect(simulator.attempts).toHaveLength(0);
});
