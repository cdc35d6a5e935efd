import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from './harness/test-gateway.ts';

let simulator: Simulator;
let gateway: TestGateway;

beforeEach(async () => {
  simulator = await startSimulator({});
  gateway = await startTestGateway({
    config: { backends: [{ url: simulator.url, weight: 1, api_key: 'sk-provider-key', default_model: 'sim' }] },
  });
});

afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

const post = (body: unknown, path = '/v1/chat/completions'): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer client-key' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('relay to a target of the same protocol', () => {
  it('answers a unary chat with the bytes of the upstream', async () => {
    const response = await post({ messages: [{ role: 'user', content: 'Hi' }] });
    expect(response.status).toBe(200);
    const answer = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(answer.choices[0]!.message.content).toBe(answerText(60));
    expect(response.headers.get('x-gateway-attempts')).toMatch(/ ok$/);
    expect(simulator.attempts).toHaveLength(1);
  });

  it('streams a chat to its end and asks for usage without showing it', async () => {
    const response = await post({ stream: true, messages: [{ role: 'user', content: 'Hi' }] });
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(text).not.toContain('"usage":{');
    const [line] = await gateway.settled(1);
    expect(line).toMatchObject({ status: 200, stream: true, tokens: { output: 60 } });
  });

  it('never sends the key of the client upstream', async () => {
    await post({ messages: [{ role: 'user', content: 'Hi' }] });
    const { rawHeaders } = simulator.attempts[0]!;
    expect(rawHeaders.join('\n')).not.toContain('client-key');
    expect(simulator.attempts[0]!.headers.authorization).toBe('Bearer sk-provider-key');
  });
});
