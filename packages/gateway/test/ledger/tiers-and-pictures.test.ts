import { type Behaviour, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';

// What answers say of the tier of service that served them and of pictures, as it gets to the record, and what it costs there.

let simulator: Simulator;
let gateway: RecordGateway;

/** Dollars for a million tokens. */
const pricing = {
  input: 2,
  output: 10,
  tiers: {
    flex: { factor: 0.5 },
    priority: { input: 4, output: 20 },
    us: { factor: 1.1 },
    'fast-mode-us': { factor: 2.2 },
  },
};
/** What the simulator says that it used. */
const used = {
  chat: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  responses: { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
};
const usual = 100 * 2_000 + 10 * 10_000;

beforeEach(async () => {
  simulator = await startSimulator({});
  const target = (name: string, protocols: readonly string[], path = '') => ({
    pricing,
    providers: [{ name, protocols, api_base: simulator.url + path, api_key: 'sk-upstream' }],
  });
  gateway = await startRecordGateway({
    config: {
      models: {
        relayed: target('own', ['openai-chat', 'openai-responses'], '/v1'),
        claude: target('other', ['anthropic-messages']),
        spoken: target('third', ['gemini']),
        drawn: {
          ...target('fourth', ['openai-chat'], '/v1'),
          pricing: { input: 5, image_input: 8, output: 10, image_output: 32 },
        },
      },
      auth: { mode: 'open' },
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

type Row = Readonly<Record<string, number | string | null>>;

/** What the record has of the newest of so many exchanges. */
async function written(count = 1): Promise<Row> {
  return vi.waitFor(
    async () => {
      await gateway.drainLedger();
      const sql = 'SELECT service_tier, cost_nanos, unknown_cost, price_source FROM usage_records ORDER BY sequence';
      const rows = await gateway.record.database.all<Row>(sql, []);
      expect(rows).toHaveLength(count);
      return rows.at(-1)!;
    },
    { timeout: 10_000, interval: 20 },
  );
}

async function ask(path: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

const messages = [{ role: 'user', content: 'Hello!' }];
const answers = (more: Omit<Extract<Behaviour, { kind: 'answer' }>, 'kind' | 'tokens'>) =>
  simulator.behave({ kind: 'answer', tokens: 2, ...more });

describe.each([false, true])('streamed: %s, the tier', (stream) => {
  const chat = { model: 'relayed', messages, stream, ...(stream && { stream_options: { include_usage: true } }) };

  it('that an answer of the chat wire names is charged, whatever was asked for', async () => {
    answers({ serviceTier: 'flex', usage: used.chat });
    await ask('/v1/chat/completions', { ...chat, service_tier: 'priority' });
    expect(await written()).toEqual({
      service_tier: 'flex',
      cost_nanos: usual / 2,
      unknown_cost: null,
      price_source: 'config',
    });
  });

  it('that was asked for is charged where the answer does not say', async () => {
    answers({ usage: used.chat });
    await ask('/v1/chat/completions', { ...chat, service_tier: 'priority' });
    expect(await written()).toMatchObject({ service_tier: 'priority', cost_nanos: usual * 2 });
  });

  it('whose price nobody knows is told, and never charged as the usual one', async () => {
    answers({ serviceTier: 'scale', usage: used.chat });
    await ask('/v1/chat/completions', chat);
    expect(await written()).toMatchObject({ service_tier: 'scale', cost_nanos: null, unknown_cost: 'no_tier_price' });
    const { body } = await gateway.admin('GET', '/admin/logs');
    expect(body.data[0]).toMatchObject({ service_tier: 'scale', cost: null, unknown_cost: 'no_tier_price' });
  });

  it('that is the usual one goes without a word', async () => {
    answers({ serviceTier: 'default', usage: used.chat });
    await ask('/v1/chat/completions', { ...chat, service_tier: 'flex' });
    expect(await written()).toMatchObject({ service_tier: null, cost_nanos: usual });
  });

  it('that stands at the end of a response is charged', async () => {
    answers({ serviceTier: 'priority', usage: used.responses });
    await ask('/v1/responses', { model: 'relayed', input: 'Hello!', stream, service_tier: 'auto' });
    expect(await written()).toMatchObject({ service_tier: 'priority', cost_nanos: usual * 2 });
  });

  it('that Anthropic tells in its usage is charged, relayed and translated', async () => {
    answers({ usage: { input_tokens: 100, output_tokens: 10, service_tier: 'flex' } });
    await ask('/v1/messages', { model: 'claude', max_tokens: 9, messages, stream });
    expect(await written()).toMatchObject({ service_tier: 'flex', cost_nanos: usual / 2 });
    answers({ usage: { input_tokens: 100, output_tokens: 10, service_tier: 'standard' } });
    await ask('/v1/chat/completions', { ...chat, model: 'claude', service_tier: 'flex' });
    expect(await written(2)).toMatchObject({ service_tier: null, cost_nanos: usual });
  });

  it('has Anthropic’s speed and region beside it, relayed and translated', async () => {
    const usage = { input_tokens: 100, output_tokens: 10, service_tier: 'standard', inference_geo: 'us' };
    answers({ usage: { ...usage, speed: 'fast' } });
    await ask('/v1/messages', { model: 'claude', max_tokens: 9, messages, stream });
    expect(await written()).toMatchObject({ service_tier: 'fast-mode-us', cost_nanos: usual * 2.2 });
    // A workspace can have a region of its own, for which nobody asked.
    answers({ usage });
    const answer = await ask('/v1/chat/completions', { ...chat, model: 'claude' });
    expect(await written(2)).toMatchObject({ service_tier: 'us', cost_nanos: usual * 1.1 });
    expect(answer).not.toMatch(/"us"|"rate"/);
    // What was asked for stands where the answer tells nothing; only Anthropic's own wire has words for it.
    answers({ usage: 'never' });
    const asked = { max_tokens: 9, messages, stream, speed: 'fast', inference_geo: 'us' };
    await ask('/v1/messages', { model: 'claude', ...asked });
    expect(await written(3)).toMatchObject({ service_tier: 'fast-mode-us' });
    await ask('/v1/messages', { model: 'relayed', ...asked });
    expect(await written(4)).toMatchObject({ service_tier: null });
  });

  it('that Google tells in its usage is charged', async () => {
    const usage = { promptTokenCount: 100, candidatesTokenCount: 10, totalTokenCount: 110, serviceTier: 'flex' };
    answers({ usage });
    await ask('/v1/chat/completions', { ...chat, model: 'spoken' });
    expect(await written()).toMatchObject({ service_tier: 'flex', cost_nanos: usual / 2 });
  });
});

describe('pictures', () => {
  const draw = () => ask('/v1/images/generations', { model: 'drawn', prompt: 'A lighthouse.' });

  it('cost what pictures cost, and text what text costs', async () => {
    const usage = {
      input_tokens: 60,
      input_tokens_details: { text_tokens: 10, image_tokens: 50 },
      output_tokens: 4_200,
      output_tokens_details: { text_tokens: 40, image_tokens: 4_160 },
      total_tokens: 4_260,
    };
    answers({ usage });
    await draw();
    expect(await written()).toMatchObject({ cost_nanos: 10 * 5_000 + 50 * 8_000 + 40 * 10_000 + 4_160 * 32_000 });
    const { body } = await gateway.admin('GET', '/api/v1/metrics/tokens?window=1h');
    expect(body).toMatchObject({ total_image_input_tokens: 50, total_image_output_tokens: 4_160 });
  });

  it('have no known cost where nobody tells how many tokens they were', async () => {
    answers({ usage: { input_tokens: 60, output_tokens: 4_200, total_tokens: 4_260 } });
    await draw();
    expect(await written()).toMatchObject({ cost_nanos: null, unknown_cost: 'untold_images' });
  });
});
