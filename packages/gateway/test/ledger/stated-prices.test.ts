import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';

let upstream: Simulator;
let gateway: RecordGateway;

beforeEach(async () => {
  upstream = await startSimulator({});
  const target = { kind: 'openai-compatible', api_base: `${upstream.url}/v1`, api_key: 'sk-upstream' };
  const price = { input: 1, output: 1 };
  gateway = await startRecordGateway({
    config: {
      providers: { declared: { ...target, models: { 'declared-name': 'upstream-1' } } },
      models: { 'pool-name': { providers: [{ ...target, name: 'pooled', model: 'upstream-2' }] } },
      pricing: { 'declared-name': price, 'pool-name': price, 'stored-name': price, 'upstream-4': price },
      auth: { mode: 'open' },
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});

it('what a price is stated for by the name that callers use is charged at it, as lists of models have it', async () => {
  const provider = await gateway.admin('POST', '/admin/providers', {
    name: 'stored',
    kind: 'openai-compatible',
    base_url: `${upstream.url}/v1`,
    api_key: 'sk-upstream',
  });
  const model = { provider_id: provider.body.id };
  const names = [
    ['stored-name', 'upstream-3'],
    ['other-name', 'upstream-4'],
    ['nobody-knows', 'upstream-5'],
  ];
  for (const [name, upstreamName] of names) {
    await gateway.admin('POST', '/admin/models', { ...model, name, provider_model_name: upstreamName });
  }
  upstream.behave({ kind: 'answer', usage: { prompt_tokens: 1_000, completion_tokens: 500 } });
  const asked = ['declared-name', 'declared/upstream-1', 'pool-name', 'stored-name', 'other-name', 'nobody-knows'];
  for (const name of asked) expect((await gateway.chat(undefined, name)).status).toBe(200);
  await vi.waitFor(async () => {
    await gateway.drainLedger();
    const rows = await gateway.record.database.all<{ readonly cost_nanos: number | null }>(
      'SELECT cost_nanos FROM usage_records ORDER BY sequence',
      [],
    );
    const cost = 1_500_000;
    expect(rows.map((row) => row.cost_nanos)).toEqual([cost, cost, cost, cost, cost, null]);
  });
});
