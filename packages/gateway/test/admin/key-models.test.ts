import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

describe('keys of the record', () => {
  let simulator: Simulator;
  let gateway: RecordGateway;
  beforeAll(async () => {
    simulator = await startSimulator({});
    const providers = [{ name: 'main', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }];
    gateway = await startRecordGateway({ config: { models: { 'gpt-4o': { providers }, other: { providers } } } });
  });
  afterAll(async () => {
    await gateway.stop();
    await simulator.close();
  });

  const make = async (fields: Readonly<Record<string, unknown>>) =>
    (await gateway.admin('POST', '/admin/keys', { name: 'test', ...fields })).body as { readonly key: string };

  it('that are for some models name no others that may answer in their place', async () => {
    const { key } = await make({ scopes: { models: ['gpt-4o'] } });
    const ask = async (path: string, more: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = { model: 'gpt-4o', max_tokens: 9, messages: [{ role: 'user', content: 'Hello!' }], ...more };
      return (await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
    };
    expect([
      await ask('/v1/chat/completions', { models: ['gpt-4o', 'other'] }),
      await ask('/v1/messages', { fallbacks: [{ model: 'other' }] }),
      await ask('/v1/chat/completions', { models: ['gpt-4o'] }),
    ]).toEqual([403, 403, 200]);
  });

  it('that are for some models had others asked by tools and plug-ins', async () => {
    const { key } = await make({ scopes: { models: ['gpt-4o', 'gpt-4o-2'] } });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = { model: 'gpt-4o', max_tokens: 9, messages: [{ role: 'user', content: 'Hello!' }] };
    const ask = async (path: string, more: object | string) => {
      const text = typeof more === 'string' ? `${JSON.stringify(body).slice(0, -1)},${more}}` : { ...body, ...more };
      const sent = typeof text === 'string' ? text : JSON.stringify(text);
      return (await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: sent })).status;
    };
    const [chat, messages] = ['/v1/chat/completions', '/v1/messages'];
    const advisor = { type: 'advisor_20260301', name: 'advisor' };
    const panel = (models: readonly string[]) => [{ type: 'x', parameters: { analysis_models: models } }];
    expect([
      await ask(messages, { tools: [{ ...advisor, model: 'other' }] }),
      await ask(chat, { tools: [{ type: 'x:advisor', parameters: { model: 'other' } }] }),
      await ask(chat, { tools: [{ type: 'x', parameters: { tools: [{ parameters: { model: 'other' } }] } }] }),
      await ask(chat, { tools: panel(['gpt-4o', 'other']) }),
      await ask(chat, { plugins: [{ id: 'fusion', model: 'other' }] }),
    ]).toEqual([403, 403, 403, 403, 403]);
    expect([
      await ask(messages, '"tools":[{"type":"a","name":"a","model":"other","model":"gpt-4o"}]'),
      await ask(messages, '"tools":[{"type":"a","name":"a","model":"gpt-4o","Model":"other"}]'),
      await ask(chat, '"tools":[{"type":"a","parameters":{"model":"other","model":"gpt-4o"}}]'),
      await ask(chat, '"Tools":[{"type":"a","model":"other"}]'),
    ]).toEqual([400, 400, 400, 400]);
    const schema = { type: 'object', properties: { model: { type: 'string' } } };
    expect([
      await ask(messages, {
        tools: [
          { ...advisor, model: 'gpt-4o-2' },
          { name: 'cars', input_schema: schema },
        ],
      }),
      await ask(chat, { tools: [{ type: 'function', function: { name: 'cars', parameters: schema } }] }),
    ]).toEqual([200, 200]);
  });

  describe('that are for some models', () => {
    const answered = '"model":"gpt-4o","max_tokens":9,"messages":[{"role":"user","content":"Hello!"}]';
    it.each([
      ['/v1/chat/completions', `{"model":"other",${answered}}`, 'model'],
      ['/v1/chat/completions', `{${answered},"\\u006dodel":"gpt-4o","model":"other"}`, 'model'],
      ['/v1/chat/completions', `{"models":["other"],${answered},"models":["gpt-4o"]}`, 'models'],
      ['/v1/messages', `{"fallbacks":[{"model":"other"}],${answered},"fallbacks":[]}`, 'fallbacks'],
      ['/v1/messages', `{"fallbacks":[{"model":"other","model":"gpt-4o"}],${answered}}`, 'fallbacks'],
      ['/v1/messages', `{"fallbacks":[{"model":"gpt-4o","Model":"other"}],${answered}}`, 'fallbacks'],
      ['/v1/chat/completions', `{${answered},"Model":"other"}`, 'Model'],
      ['/v1/chat/completions', `{"model\u017f":["other"],${answered}}`, 'model\u017f'],
    ])(
      'could have another one named to the upstream than the one that was checked: %s %s',
      async (path, body, param) => {
        const { key } = await make({ scopes: { models: ['gpt-4o'] } });
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
        const reply = await fetch(gateway.url + path, { method: 'POST', headers, body });
        expect(reply.status).toBe(400);
        expect(await reply.text()).toContain(`\`${param}\``);
      },
    );

    it('may name others of theirs', async () => {
      const { key } = await make({ scopes: { models: ['gpt-4o', 'gpt-4o-2'] } });
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = `{${answered},"fallbacks":[{"model":"gpt-4o-2","x":{"model":"inner"}},{"model":"gpt-4o"}]}`;
      const reply = await fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers, body });
      expect(reply.status).toBe(200);
    });
  });
});
