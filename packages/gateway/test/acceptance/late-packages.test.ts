import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway } from './built-gateway.ts';
import { call } from './caller.ts';

// In the bundle a package that is loaded late may have other names than where the tests of the sources load it.

let built: BuiltGateway;
let simulator: Simulator;
beforeAll(async () => {
  built = await buildGateway();
  simulator = await startSimulator({ name: 'native' });
});
afterAll(async () => {
  await simulator.close();
  await built.remove();
});

const yaml = (url: string, more = '') => `
server: { host: 127.0.0.1, port: 0, metrics_port: 0 }
models:
  sim:
    providers:
      - { name: one, type: gemini, protocols: [gemini], api_base: "${url}/v1beta", api_key: none }
${more}
`;

it('a configuration is shown by the program as it is published', async () => {
  const files = { 'config.yaml': yaml(simulator.url) };
  for (const more of [[], ['--json']]) {
    const program = await built.start({ args: ['config', 'show', ...more], files });
    expect(await program.ended).toBe(0);
    expect(program.stdout()).toMatch(more.length === 0 ? /^ {2}host: 127\.0\.0\.1$/m : /^\{"success":true,.*\}\n$/);
  }
});

it('a picture is fetched by the program as it is published', async () => {
  const pictures = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/png' }).end('a picture');
  }).listen(0, '127.0.0.1');
  await once(pictures, 'listening');
  const { port } = pictures.address() as AddressInfo;
  const more = 'security: { media: { allowed_hosts: [127.0.0.1] } }';
  const gateway = await built.start({ args: ['start'], files: { 'config.yaml': yaml(simulator.url, more) } });
  const picture = { type: 'image_url', image_url: { url: `http://127.0.0.1:${port}/a.png` } };
  const question = { model: 'sim', messages: [{ role: 'user', content: [picture] }] };
  const reply = await call(await gateway.listening(), question);
  pictures.close();
  expect(await reply.text()).toContain('"choices"');
  expect(simulator.attempts[0]!.body.toString()).toContain(Buffer.from('a picture').toString('base64'));
});
