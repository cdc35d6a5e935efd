import { request } from 'node:http';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type BuiltGateway, buildGateway } from '../acceptance/built-gateway.ts';
import { replyTo, textOf } from '../acceptance/caller.ts';
import { adminKey } from './record-gateway.ts';

let built: BuiltGateway;
let simulator: Simulator;
beforeAll(async () => {
  [built, simulator] = await Promise.all([buildGateway(), startSimulator({ tokens: 1 })]);
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
});

/** One call over a connection of its own, so that any worker may get it. */
async function ask(url: string, method: string, path: string, key: string, body?: unknown) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const sent = request(url + path, { method, agent: false, headers });
  sent.end(text);
  const reply = await replyTo(sent);
  const answer = await textOf(reply);
  return { status: reply.statusCode ?? 0, body: answer === '' ? undefined : JSON.parse(answer) };
}

describe.each(testDialects)('a gateway of several workers with a record on $name', ({ create }) => {
  it('begins with nothing but what the variables say, and every worker follows every change at once', async () => {
    const { drop, location } = await create();
    const gateway = await built.start({
      args: ['start', '--workers', '3'],
      env: {
        DATABASE_URL: 'url' in location ? location.url : location.file,
        ADMIN_KEY: adminKey,
        LISTEN_ADDR: '127.0.0.1:0',
        METRICS_PORT: '0',
      },
    });
    const url = await gateway.listening();
    const chat = async (key: string) => {
      const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello!' }] };
      return (await ask(url, 'POST', '/v1/chat/completions', key, body)).status;
    };
    const many = async (key: string) => new Set(await Promise.all(Array.from({ length: 12 }, () => chat(key))));
    const provider = { name: 'main', kind: 'openai', api_key: 'sk-of-the-provider', base_url: `${simulator.url}/v1` };
    const made = await ask(url, 'POST', '/admin/providers', adminKey, provider);
    expect(made).toMatchObject({ status: 201 });
    await ask(url, 'POST', '/admin/models', adminKey, { name: 'gpt-4o', provider_id: made.body.id });
    const { body } = await ask(url, 'POST', '/admin/keys', adminKey, { name: 'test' });
    expect(await many(body.key)).toEqual(new Set([200]));
    const rotated = await ask(url, 'POST', `/admin/keys/${body.id}/rotate`, adminKey);
    expect(await many(body.key)).toEqual(new Set([401]));
    expect(await many(rotated.body.key)).toEqual(new Set([200]));
    await ask(url, 'PUT', `/admin/providers/${made.body.id}`, adminKey, { is_active: false });
    expect(await many(rotated.body.key)).toEqual(new Set([503]));
    await ask(url, 'PUT', `/admin/providers/${made.body.id}`, adminKey, { is_active: true });
    expect(await many(rotated.body.key)).toEqual(new Set([200]));
    expect(gateway.stdout()).toContain('Tables brought up to date');
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    await drop();
  }, 60_000);
});

describe('a gateway without a database server', () => {
  it('keeps what was made in a file, over a restart', async () => {
    const env = { ADMIN_KEY: adminKey, LISTEN_ADDR: '127.0.0.1:0', METRICS_PORT: '0' };
    const { location, drop } = await testDialects[0]!.create();
    const path = 'file' in location ? location.file : '';
    const files = { 'config.json': JSON.stringify({ database: { path } }) };
    const first = await built.start({ env, files, args: ['config.json'] });
    const made = await ask(await first.listening(), 'POST', '/admin/keys', adminKey, { name: 'kept' });
    expect(made.status).toBe(201);
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);
    const second = await built.start({ env, files, args: ['config.json'] });
    const listed = await ask(await second.listening(), 'GET', '/admin/keys', adminKey);
    expect(listed.body).toMatchObject([{ id: made.body.id, name: 'kept' }]);
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
    await drop();
  }, 60_000);
});
