import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';
import { chats } from '../workers/fleet.ts';
import { adminKey } from './desk.ts';

let built: BuiltGateway;
let provider: Simulator;
let gateway: GatewayProcess;

beforeAll(async () => {
  [built, provider] = await Promise.all([buildGateway(), startSimulator({})]);
  const config = `
server: { host: 127.0.0.1, port: 0 }
auth: { mode: open }
models:
  sim: { providers: [{ name: one, api_base: "${provider.url}/v1", api_key: none }] }
`;
  gateway = await built.start({
    args: ['start', '--workers', '2', '--metrics-port', '0'],
    files: { 'config.yaml': config },
    env: { ADMIN_KEY: adminKey },
  });
});
afterAll(async () => {
  await built.remove();
  await provider.close();
});

it('whichever worker is asked tells what all of them routed', async () => {
  const url = await gateway.listening();
  await chats(url, 12);
  const headers = { authorization: `Bearer ${adminKey}`, connection: 'close' };
  for (let asked = 0; asked < 4; asked++) {
    const response = await fetch(`${url}/api/v1/routing/stats?window=5m`, { headers });
    expect(await response.json()).toMatchObject({
      scope: 'gateway',
      targets: [{ target: 'sim/one', requests: 12, answered: 12 }],
    });
  }
});
