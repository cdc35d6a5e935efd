import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

let simulator: Simulator;
let gateway: TestGateway;

beforeEach(async () => {
  simulator = await startSimulator({ behaviour: { kind: 'truncate', afterTokens: 5, clean: true } });
  gateway = await startTestGateway({
    config: {
      models: { m: { providers: [{ name: 'one', api_base: `${simulator.url}/v1`, api_key: 'sk-one-0123456789' }] } },
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

it('a Responses stream that breaks off ends in the error event of its own API', async () => {
  const response = await fetch(`${gateway.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', input: 'Hi', stream: true }),
  });
  const events = (await response.text()).split('\n\n').filter((event) => event !== '');
  // OpenAI's libraries read the first of the two, Codex the second.
  const [error, failed] = events.slice(-2).map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)));
  expect(error).toMatchObject({ type: 'error', code: 'upstream_truncated' });
  expect(failed).toMatchObject({ type: 'response.failed', response: { error: { code: 'upstream_truncated' } } });
  expect(events.join()).not.toContain('response.completed');
});
