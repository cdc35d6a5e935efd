import { answerText, refusingUrl, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, errorOf, hello, sentBody, streamedText } from './caller.ts';

let first: Simulator;
let second: Simulator;
let gateway: TestGateway | undefined;

beforeEach(async () => {
  first = await startSimulator({ name: 'first' });
  second = await startSimulator({ name: 'second' });
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await Promise.all([first.close(), second.close()]);
});

const provider = (name: string, simulator: Simulator, more: Record<string, unknown> = {}) => ({
  name,
  api_base: `${simulator.url}/api/v1`,
  api_key: `key-of-${name}`,
  enabled: true,
  ...more,
});

async function start(models: Record<string, unknown>, env: Record<string, string> = {}): Promise<string> {
  gateway = await startTestGateway({ config: { models, resilience: { retry: { initial_delay_ms: 1 } } }, env });
  return gateway.url;
}

const pair = (more: Record<string, unknown> = {}) => ({
  'gpt-4o': { model_name: 'gpt-4o', providers: [provider('one', first, more), provider('two', second)] },
});

async function served(url: string, requests: number, model = 'gpt-4o'): Promise<string[]> {
  const names: string[] = [];
  for (let request = 0; request < requests; request++) {
    const response = await call(url, { model, messages: hello });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    names.push(response.headers.get('x-simulator') ?? '?');
  }
  return names;
}

describe('pools of providers', () => {
  it('take turns, with the address and the key of each', async () => {
    const url = await start(pair());
    expect(await served(url, 4)).toEqual(['first', 'second', 'first', 'second']);
    expect(first.attempts[0]).toMatchObject({
      path: '/api/v1/chat/completions',
      headers: { authorization: 'Bearer key-of-one' },
    });
    expect(second.attempts[0]!.headers.authorization).toBe('Bearer key-of-two');
  });

  it('send the key that a variable holds, and use no provider whose variable is not set', async () => {
    const url = await start(
      {
        'gpt-4o': {
          providers: [
            provider('one', first, { api_key: `\${ONE_KEY}` }),
            provider('two', second, { api_key: `\${TWO_KEY}` }),
          ],
        },
      },
      { ONE_KEY: 'from-the-environment' },
    );
    expect(await served(url, 3)).toEqual(['first', 'first', 'first']);
    expect(first.attempts[0]!.headers.authorization).toBe('Bearer from-the-environment');
  });

  it('accept any key, dummy or none', async () => {
    const url = await start(pair());
    for (const key of ['dummy', 'any-key', undefined]) {
      expect((await call(url, { model: 'gpt-4o', messages: hello }, key ? { key } : {})).status).toBe(200);
    }
  });

  it('never use a provider that is switched off, but list it as unavailable', async () => {
    const url = await start(pair({ enabled: false }));
    expect(await served(url, 3)).toEqual(['second', 'second', 'second']);
    expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
      object: 'list',
      data: [
        {
          id: 'gpt-4o',
          object: 'model',
          providers: [
            { name: 'one', available: false },
            { name: 'two', available: true },
          ],
        },
      ],
    });
  });

  it('list neither addresses nor keys', async () => {
    const text = await (await fetch(`${await start(pair())}/v1/models`)).text();
    expect(text).not.toMatch(/http|key-of/);
  });

  it('go on to the next provider when one is away', async () => {
    const away = provider('one', first, { api_base: `${await refusingUrl()}/v1` });
    const url = await start({ 'gpt-4o': { providers: [away, provider('two', second)] } });
    expect(await served(url, 4)).toEqual(['second', 'second', 'second', 'second']);
  });

  it.each(['f24', 'f24b', 'f24c'])(
    'leave a provider whose quota is spent (%s), and stay away though its models answer',
    async (fault) => {
      gateway = await startTestGateway({ config: { models: pair() }, probes: true });
      const { url } = gateway;
      await first.waitUntil(() => first.probes.length > 0);
      first.behave(fault);
      expect(await served(url, 4)).toEqual(['second', 'second', 'second', 'second']);
      expect(first.attempts).toHaveLength(1);
      for (const target of gateway.gateway.runtime.catalog.targets.values()) {
        gateway.health.reportProbe(target.healthId, {
          outcome: { status: 200 },
          failureThreshold: 3,
          successThreshold: 1,
        });
      }
      first.behave(undefined);
      expect(await served(url, 2)).toEqual(['second', 'second']);
      const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { providers: unknown }[] };
      expect(data[0]!.providers).toEqual([
        { name: 'one', available: false },
        { name: 'two', available: true },
      ]);
    },
  );

  it('keep models apart: an outage of one does not touch another, nor does its turn', async () => {
    const url = await start({
      'deepseek-r1': { providers: [provider('down', first, { api_base: `${await refusingUrl()}/v1` })] },
      'gpt-4o': { providers: [provider('one', first), provider('two', second)] },
    });
    for (let request = 0; request < 4; request++) {
      const failed = await call(url, { model: 'deepseek-r1', messages: hello });
      expect([502, 503]).toContain(failed.status);
      expect((await errorOf(failed)).type).toBe('server_error');
    }
    expect(await served(url, 4)).toEqual(['first', 'second', 'first', 'second']);
  });

  it('ask each provider for the name it has for the model, and answer to both public names', async () => {
    const url = await start({
      fast: {
        model_name: 'gpt-4o',
        providers: [provider('one', first), provider('two', second, { model: 'vendor/gpt-4o' })],
      },
    });
    await served(url, 1, 'fast');
    await served(url, 1, 'gpt-4o');
    expect(sentBody(first.attempts[0])['model']).toBe('gpt-4o');
    expect(sentBody(second.attempts[0])['model']).toBe('vendor/gpt-4o');
  });
});

describe('models in the path', () => {
  it('beat the one in the body, which may be left out', async () => {
    const url = await start({ ...pair(), other: { providers: [provider('three', second)] } });
    const path = '/v1/models/gpt-4o/chat/completions';
    expect((await call(url, { model: 'other', messages: hello }, { path })).status).toBe(200);
    expect(sentBody(first.attempts[0])['model']).toBe('gpt-4o');
    expect((await call(url, { messages: hello }, { path })).status).toBe(200);
    expect(sentBody(second.attempts[0])['model']).toBe('gpt-4o');
  });

  it.each(['org/model', 'org%2Fmodel'])('may have slashes: %s', async (name) => {
    const url = await start({ 'org/model': { providers: [provider('one', first)] } });
    const response = await call(
      url,
      { stream: true, messages: hello },
      { path: `/v1/models/${name}/chat/completions` },
    );
    expect(streamedText(await response.text())).toBe(answerText(60));
    expect(sentBody(first.attempts[0])['model']).toBe('org/model');
  });
});
