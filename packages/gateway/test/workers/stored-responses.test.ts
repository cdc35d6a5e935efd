import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';
import { askModel, clientOf } from '../responses/responses-drill.ts';
import { childrenOf, freePort } from './fleet.ts';

let built: BuiltGateway;
let upstream: Simulator;
let gateway: GatewayProcess;

beforeAll(async () => {
  built = await buildGateway();
  upstream = await startSimulator({});
});
afterAll(async () => {
  await built.remove();
  await upstream.close();
});

const WORKERS = 3;

it('a response that one worker keeps is found by all, and outlives the worker', async () => {
  const config = `
server: { host: 127.0.0.1 }
backends:
  - { url: "${upstream.url}", api_key: none, default_model: sim, protocols: [openai-chat] }
`;
  gateway = await built.start({
    args: ['start', '--workers', String(WORKERS), '--metrics-port', '0', '--port', String(await freePort())],
    files: { 'config.yaml': config },
  });
  const url = await gateway.listening();
  // A connection of its own for each request, so that any worker may get it.
  const client = clientOf(url, 'k').withOptions({ defaultHeaders: { connection: 'close' } });
  let previous: string | undefined;
  for (let turn = 0; turn < 10; turn++) {
    const ask = { model: 'm', input: `Turn ${turn}`, ...(previous ? { previous_response_id: previous } : {}) };
    previous = (await askModel(client, ask, turn % 2 ? 'whole' : 'streamed')).id;
  }
  const { messages } = JSON.parse(upstream.attempts.at(-1)!.body.toString()) as { messages: unknown[] };
  expect(messages).toHaveLength(19);

  for (const worker of await childrenOf(gateway.pid)) process.kill(worker, 'SIGKILL');
  await gateway.waitForOutput('serves in the place of one that died', WORKERS);
  expect((await client.responses.retrieve(previous!)).id).toBe(previous);
});
