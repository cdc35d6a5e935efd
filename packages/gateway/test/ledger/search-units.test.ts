import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';

// Reranking that is charged by searches: what its rows say, and what budgets count.

let simulator: Simulator;
let gateway: RecordGateway;
let key: { readonly id: string; readonly key: string };

beforeEach(async () => {
  simulator = await startSimulator({});
  const providers = (kind: string, path: string) => [
    { name: kind, kind, api_base: simulator.url + path, api_key: 'sk-upstream' },
  ];
  gateway = await startRecordGateway({
    config: {
      models: {
        searched: { providers: providers('cohere', '/compatibility/v1'), pricing: { per_search_unit: 0.002 } },
        'by tokens': { providers: providers('cohere', '/compatibility/v1'), pricing: { input: 0.05 } },
        resold: { providers: providers('openrouter', '/api/v1'), pricing: { per_search_unit: 0.0025 } },
        limited: {
          providers: [{ ...providers('cohere', '/compatibility/v1')[0], rate_limit: { tokens_per_minute: 20 } }],
          pricing: { per_search_unit: 0.002 },
        },
        unpriced: { providers: providers('cohere', '/compatibility/v1') },
      },
    },
  });
  key = await newKey({});
});
afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

type Row = Readonly<Record<string, number | string | null>>;

async function written(): Promise<Row> {
  return vi.waitFor(
    async () => {
      await gateway.drainLedger();
      const columns = 'cost_nanos, unknown_cost, price_source, is_estimated, input_tokens';
      const rows = await gateway.record.database.all<Row>(`SELECT ${columns} FROM usage_records`, []);
      expect(rows).toHaveLength(1);
      return rows[0]!;
    },
    { timeout: 10_000, interval: 20 },
  );
}

async function newKey(fields: object): Promise<typeof key> {
  const { body } = await gateway.admin('POST', '/admin/keys', { name: 'test', ...fields });
  return body;
}

async function rerank(path: string, model: string, documents: readonly string[] = ['a', 'b']): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key.key}` },
    body: JSON.stringify({ model, query: 'q', documents }),
  });
}

function answers(more: object): void {
  simulator.behave({
    kind: 'raw',
    status: 200,
    headers: { 'content-type': 'application/json' },
    bytes: JSON.stringify({ id: 'r', results: [{ index: 0, relevance_score: 0.5 }], ...more }),
  });
}

const searches = (count: number, tokens?: object) => ({
  meta: { api_version: { version: '2' }, billed_units: { search_units: count }, ...(tokens && { tokens }) },
});

describe('searches that an answer tells', () => {
  it.each(['/v2/rerank', '/v1/rerank'])('were not charged for, relayed or translated: %s', async (path) => {
    answers(searches(3));
    expect((await rerank(path, 'searched')).status).toBe(200);
    const row = { cost_nanos: 6_000_000, unknown_cost: null, price_source: 'config', is_estimated: 0 };
    expect(await written()).toMatchObject(row);
  });

  it('were charged by tokens that it tells as well', async () => {
    answers(searches(3, { input_tokens: 1_000 }));
    expect((await rerank('/v2/rerank', 'by tokens')).status).toBe(200);
    expect(await written()).toMatchObject({ cost_nanos: null, unknown_cost: 'no_search_price', input_tokens: 1_000 });
  });

  it.each(['/v2/rerank', '/v1/rerank'])('stand in the usage of who sells such models on: %s', async (path) => {
    answers({ usage: { search_units: 2, total_tokens: 150 } });
    expect((await rerank(path, 'resold')).status).toBe(200);
    expect(await written()).toMatchObject({ cost_nanos: 5_000_000, input_tokens: 150 });
  });

  it('cost nobody knows what where nobody knows a price', async () => {
    answers(searches(1));
    expect((await rerank('/v2/rerank', 'unpriced')).status).toBe(200);
    expect(await written()).toMatchObject({ cost_nanos: null, unknown_cost: 'no_price' });
  });
});

it('searches alone took no tokens of the target’s limit', async () => {
  answers(searches(1));
  expect((await rerank('/v2/rerank', 'limited')).status).toBe(200);
  expect((await rerank('/v2/rerank', 'limited')).status).toBe(429);
});

describe('a budget', () => {
  it('sets searches aside by the number of documents, and counts what was charged for', async () => {
    const budget = { name: 'b', scope: 'key', scope_id: key.id, period: 'day', cap_usd: 0.0041 };
    const made = await gateway.admin('POST', '/admin/budgets', budget);
    // Three searches among 201 documents cost more than there is.
    const many = Array.from({ length: 201 }, (_, index) => String(index));
    expect((await rerank('/v2/rerank', 'searched', many)).status).toBe(429);
    answers(searches(2));
    expect((await rerank('/v2/rerank', 'searched', many.slice(1))).status).toBe(200);
    await vi.waitFor(
      async () => {
        const standing = await gateway.admin('GET', `/admin/budgets/${made.body.id}`);
        expect(standing.body).toMatchObject({ spent_usd: 0.004 });
      },
      { timeout: 10_000, interval: 20 },
    );
    expect((await rerank('/v2/rerank', 'searched', ['a'])).status).toBe(429);
  });

  it('of tokens counts an estimate where only searches are told', async () => {
    key = await newKey({ token_budget: 20 });
    answers(searches(1));
    expect((await rerank('/v2/rerank', 'searched', ['a'])).status).toBe(200);
    expect((await rerank('/v2/rerank', 'searched', ['a'])).status).toBe(429);
  });
});
