import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { startTestGateway } from '../harness/test-gateway.ts';
import { answerOf, call } from './caller.ts';

const event = (content: string, finish: string | null): string =>
  `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

async function provider(answer: (response: ServerResponse) => void): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(response.writeHead(200, { 'content-type': 'text/event-stream' })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

it('a target that was outrun was not asked to complete the answer when the faster one broke off', async () => {
  let lateMs = 0;
  const whole = `${event('A', null)}${event('B', 'stop')}data: [DONE]\n\n`;
  const slow = await provider((response) => void setTimeout(() => response.end(whole), lateMs));
  const broken = await provider((response) => response.write(event('A', null), () => response.destroy()));
  const target = (name: string, api_base: string, priority: number) => {
    return { name, api_base, priority, api_key: 'sk-0123456789', model: 'm' };
  };
  const hedging = { percentile: 50, min_delay_ms: 20, max_extra_percent: 100 };
  const providers = [target('slow', slow.url, 1), target('broken', broken.url, 2)];
  const gateway = await startTestGateway({
    config: {
      models: { chat: { hedging, providers } },
      resilience: { retry: { initial_delay_ms: 5 } },
      routing: { stream_recovery: 'restart' },
    },
  });
  // What is usual has to be known before anything can be late.
  for (let count = 0; count < 30; count++) await call(gateway.url, { stream: true });
  lateMs = 500;
  expect(answerOf(await call(gateway.url, { stream: true }))).toMatchObject({ text: 'AB', isDone: true });
  await gateway.stop();
  for (const { server } of [slow, broken]) server.close();
});
