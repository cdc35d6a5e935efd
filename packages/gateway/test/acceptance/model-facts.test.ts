import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, hello, sentBody } from './caller.ts';

let simulator: Simulator;
let gateway: TestGateway | undefined;

beforeEach(async () => {
  simulator = await startSimulator({});
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await simulator.close();
});

async function start(config: Record<string, unknown>, env: Record<string, string> = {}): Promise<string> {
  gateway = await startTestGateway({ config, env });
  return gateway.url;
}

const at = (more: Record<string, unknown> = {}) => ({ api_key: 'key', base_url: simulator.url, ...more });

async function modelOf(url: string, id: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/v1/models/${encodeURIComponent(id)}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

describe('the limit on output, on a wire that insists on one', () => {
  const insisting = (more: Record<string, unknown> = {}) => at({ protocols: ['anthropic-messages'], ...more });
  const sent = async (url: string, model: string, more: Record<string, unknown> = {}) => {
    const response = await call(url, { model, messages: hello, ...more });
    expect(response.status).toBe(200);
    return sentBody(simulator.attempts.at(-1)!)['max_tokens'];
  };

  it('is what the model can write when that is less than usual', async () => {
    const url = await start({ providers: { anthropic: insisting() } });
    expect(await sent(url, 'claude-3-haiku-20240307')).toBe(4_096);
    expect(await sent(url, 'claude-sonnet-4-5')).toBe(8_192);
    expect(await sent(url, 'claude-of-tomorrow')).toBe(8_192);
  });

  it('is what the operator says', async () => {
    const models = { small: { max_output_tokens: 1_000 }, large: { max_output_tokens: 100_000 } };
    const url = await start({ providers: { anthropic: insisting({ models: ['small', 'large'] }) }, models });
    expect(await sent(url, 'small')).toBe(1_000);
    expect(await sent(url, 'large')).toBe(8_192);
  });

  it('is the caller’s own when there is one, known or not', async () => {
    const url = await start({ providers: { anthropic: insisting() } });
    expect(await sent(url, 'claude-3-haiku-20240307', { max_tokens: 9_000 })).toBe(9_000);
  });
});

describe('facts of a model that the configuration states', () => {
  const pricing = {
    input: 0.075,
    cached_input: 0.01,
    cache_write: 0.1,
    cache_write_1h: 0.2,
    output: 3,
    reasoning: 4,
    audio_input: 5,
    audio_output: 6,
    image_output: 30,
    per_request: 0.012,
    per_search_unit: 0.002,
    long_context: [{ above_input_tokens: 200_000, input: 0.15 }],
    tiers: { flex: { factor: 0.5 }, priority: { input: 0.15, output: 6 } },
  };

  it('are listed with it', async () => {
    const capabilities = { tools: true, vision: false, structured_output: true };
    const facts = { context_window: 32_000, max_output_tokens: 2_000, capabilities, pricing };
    const url = await start({ models: { mine: { providers: [{ name: 'one', ...at() }], ...facts } } });
    const step = { cached_input: '0.01', cache_write: '0.1', cache_write_1h: '0.2', output: '3', reasoning: '4' };
    expect(await modelOf(url, 'mine')).toMatchObject({
      context_window: 32_000,
      max_output_tokens: 2_000,
      capabilities,
      pricing: {
        ...step,
        input: '0.075',
        audio_input: '5',
        audio_output: '6',
        per_request: '0.012',
        per_search_unit: '0.002',
        image_output: '30',
        long_context: [{ above_input_tokens: 200_000, ...step, input: '0.15', audio_input: '5', audio_output: '6' }],
        tiers: { flex: { factor: '0.5' }, priority: { input: '0.15', output: '6' } },
      },
    });
  });

  it('of a long input cost what they do on the step below, not below all steps, where a step leaves them out', async () => {
    const steps = [
      { above_input_tokens: 2_000, input: 8 },
      { above_input_tokens: 1_000, input: 2, output: 4 },
    ];
    const prices = { input: 1, output: 3, long_context: steps };
    const url = await start({ models: { mine: { providers: [{ name: 'one', ...at() }], pricing: prices } } });
    expect(await modelOf(url, 'mine')).toMatchObject({
      pricing: {
        long_context: [
          { above_input_tokens: 1_000, input: '2', output: '4' },
          { above_input_tokens: 2_000, input: '8', output: '4' },
        ],
      },
    });
  });

  it('leave its routes alone when they name no provider', async () => {
    const models = { 'gpt-4o': { context_window: 1_000 } };
    const url = await start({ providers: { openai: at({ models: ['gpt-4o'] }) }, models });
    expect((await call(url, { model: 'gpt-4o', messages: hello })).status).toBe(200);
    expect(await modelOf(url, 'gpt-4o')).toMatchObject({ context_window: 1_000, max_output_tokens: 16_384 });
  });

  it('leave providers that variables set up alone', async () => {
    const url = await start({ models: { 'gpt-4o': { context_window: 1_000 } } }, { OPENAI_API_KEY: 'sk-example' });
    expect([...gateway!.gateway.runtime.catalog.targets.keys()]).toEqual(['openai']);
    expect((await fetch(`${url}/v1/models`)).status).toBe(200);
  });

  it('may be prices alone, in a section of their own', async () => {
    const url = await start({
      providers: { openai: at({ models: { fast: 'gpt-4o', other: 'gpt-4o' } }) },
      pricing: { fast: { input: 1, output: 2 } },
    });
    expect((await modelOf(url, 'fast'))['pricing']).toEqual({ input: '1', output: '2' });
    expect((await modelOf(url, 'other'))['pricing']).toMatchObject({ input: '2.5', output: '10' });
  });

  it('are of the entry in `models` where both state a price', async () => {
    const url = await start({
      providers: { openai: at({ models: ['m'] }) },
      models: { m: { pricing: { input: 1 }, context_window: 10 } },
      pricing: { m: { input: 2 } },
    });
    expect(await modelOf(url, 'm')).toMatchObject({ pricing: { input: '1' }, context_window: 10 });
  });

  it('follow a reload', async () => {
    const config = (window: number) => ({
      providers: { openai: at({ models: ['m'] }) },
      models: { m: { context_window: window } },
    });
    const url = await start(config(1_000));
    gateway!.gateway.reload(await gateway!.load(config(2_000)));
    expect((await modelOf(url, 'm'))['context_window']).toBe(2_000);
  });
});

describe('a model of several providers', () => {
  it('has the smallest limits, and a price where it is the same everywhere', async () => {
    const provider = (name: string, model: string) => ({ name, api_key: 'k', api_base: `${simulator.url}/v1`, model });
    const url = await start({
      models: {
        same: { providers: [provider('openai', 'gpt-4o'), provider('azure-openai', 'gpt-4o')] },
        mixed: { providers: [provider('openai', 'gpt-4o'), provider('anthropic', 'claude-haiku-4-5')] },
        partly: { providers: [provider('openai', 'gpt-4o'), provider('vllm', 'llama')] },
      },
    });
    expect(await modelOf(url, 'same')).toMatchObject({ pricing: { input: '2.5' } });
    const mixed = await modelOf(url, 'mixed');
    expect(mixed).toMatchObject({ context_window: 128_000, max_output_tokens: 16_384, capabilities: { tools: true } });
    expect(mixed).not.toHaveProperty('pricing');
    const partly = await modelOf(url, 'partly');
    expect(partly).toMatchObject({ context_window: 128_000 });
    expect(partly).not.toHaveProperty('pricing');
  });

  it('says nothing of what nobody knows', async () => {
    const url = await start({ backends: [{ url: simulator.url, default_model: 'my-own' }] });
    const members = ['id', 'object', 'created', 'owned_by', 'providers'];
    expect(Object.keys(await modelOf(url, 'my-own'))).toEqual(members);
  });
});
