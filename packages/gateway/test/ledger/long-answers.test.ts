import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';

// Whole answers that are too long to hold flow to their caller. `logprobs` and `n` make any answer so long, and whoever
// asked for them paid for 500 tokens whatever it took.

let upstream: Simulator;
let gateway: RecordGateway;

beforeEach(async () => {
  upstream = await startSimulator({});
  const providers = [{ name: 'first', api_base: `${upstream.url}/v1`, api_key: 'sk-upstream' }];
  gateway = await startRecordGateway({
    config: {
      // Dollars for a million tokens.
      models: { 'gpt-4o': { pricing: { input: 2.5, output: 10, tiers: { flex: { factor: 0.5 } } }, providers } },
      auth: { mode: 'open' },
      responses: { store: false },
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});

const length = 5 * 1024 * 1024;
const question = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello!' }] };
const head = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o' };
const choices = [
  { index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop', logprobs: 'x'.repeat(length) },
];
const usage = { prompt_tokens: 10, completion_tokens: 90_000, total_tokens: 90_010 };

function answer(body: object): void {
  const headers = { 'content-type': 'application/json' };
  upstream.behave({ kind: 'raw', bytes: JSON.stringify(body), headers });
}

function ask(body: object): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function row(): Promise<unknown> {
  return vi.waitFor(
    async () => {
      await gateway.drainLedger();
      const rows = await gateway.record.database.all('SELECT * FROM usage_records', []);
      expect(rows).toHaveLength(1);
      return rows[0];
    },
    { timeout: 10_000, interval: 20 },
  );
}

describe('a whole answer that is too long to hold', () => {
  it('is charged for what it reports at its end', async () => {
    answer({ ...head, choices, usage, service_tier: 'flex', system_fingerprint: null });
    expect((await (await ask(question)).text()).length).toBeGreaterThan(length);
    expect(await row()).toMatchObject({
      input_tokens: 10,
      output_tokens: 90_000,
      is_estimated: 0,
      service_tier: 'flex',
      cost_nanos: (10 * 2_500 + 90_000 * 10_000) / 2,
    });
  });

  it('is charged by its length where it reports nothing, up to what was asked for', async () => {
    answer({ ...head, choices });
    await (await ask({ ...question, max_tokens: 3_000, n: 2 })).text();
    expect(await row()).toMatchObject({ input_tokens: 9, output_tokens: 6_000, is_estimated: 1 });
  });

  it('is charged for no less where it breaks off', async () => {
    const start = JSON.stringify({ ...head, choices }).slice(0, -2);
    upstream.behave({
      kind: 'raw',
      wire: true,
      bytes: `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${2 * length}\r\n\r\n${start}`,
    });
    const response = await ask({ ...question, max_tokens: 20_000 });
    await expect(response.text()).rejects.toThrow();
    expect(await row()).toMatchObject({ input_tokens: 9, output_tokens: 20_000, is_estimated: 1 });
  });
});
