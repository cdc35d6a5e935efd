import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BudgetScene, openBudgetScene, pricing } from './budget-scene.ts';

let simulator: Simulator;
let scene: BudgetScene;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 10 });
  const main = { type: 'openai', base_url: `${simulator.url}/v1`, api_key: 'sk-upstream', default_model: 'gpt-4o' };
  const member = { name: 'member', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' };
  scene = await openBudgetScene({
    providers: { main, second: { ...main, default_model: undefined, models: ['declared'] } },
    routing: { default_provider: 'main' },
    models: { fast: { model_name: 'pooled', pricing, providers: [{ ...member, model: 'at-provider' }] } },
    pricing: { 'gpt-4o': pricing, 'gpt-4o-mini': pricing, declared: pricing },
  });
});
afterAll(async () => {
  await scene.close();
  await simulator.close();
});

const ask = async (key: string, model: string | undefined) => {
  const reply = await scene.gateway.chat(key, 'x', { model });
  return [reply.status, reply.headers.get('x-budget-id')];
};

it.each([
  ['gpt-4o', undefined],
  ['gpt-4o', 'main/gpt-4o'],
  ['declared', 'second/declared'],
  ['fast', 'pooled'],
  ['pooled', 'fast'],
  ['at-provider', 'fast'],
])('a budget of %s was passed by asking for %s', async (model, asked) => {
  const { key } = await scene.key();
  const id = await scene.budget({ model, cap_usd: 0 });
  expect(await ask(key, asked)).toEqual([429, id]);
  expect(await ask(key, 'gpt-4o-mini')).toEqual([200, null]);
  await scene.gateway.admin('DELETE', `/admin/budgets/${id}`);
  expect(await ask(key, asked)).toEqual([200, null]);
});

it('what was asked for without a name was unknown after a restart', async () => {
  const { key } = await scene.key();
  await ask(key, undefined);
  const id = await scene.budget({ model: 'gpt-4o', cap_usd: 1 });
  await scene.restart();
  const before = (await scene.standing(id)).spent_usd;
  expect(before).toBeGreaterThan(0);
  await ask(key, undefined);
  const { spent_usd: after } = await scene.standing(id);
  await scene.restart();
  expect((await scene.standing(id)).spent_usd).toBe(after);
});

it.each([
  ['gpt-4o', 'main/gpt-4o'],
  ['declared', 'second/declared'],
  ['fast', 'pooled'],
  ['pooled', 'fast'],
  ['at-provider', 'fast'],
])('what was spent of a budget of %s by asking for %s was unknown after a restart', async (model, asked) => {
  const { id: keyId, key } = await scene.key();
  const id = await scene.budget({ model, scope: 'key', scope_id: keyId, cap_usd: 1 });
  for (const name of [asked, 'gpt-4o-mini', asked]) await ask(key, name);
  const { spent_usd: spent } = await scene.standing(id);
  expect(spent).toBeGreaterThan(0);
  await scene.restart();
  expect((await scene.standing(id)).spent_usd).toBe(spent);
});

it('what was asked for by the default model of a tenant was unknown after a restart', async () => {
  await scene.gateway.admin('POST', '/admin/tenants', {
    id: 'unnamed',
    name: 'Unnamed',
    settings: { config: { default_model: 'fast' } },
  });
  const { id: keyId, key } = await scene.key({ tenant_id: 'unnamed' });
  const id = await scene.budget({ model: 'fast', scope: 'key', scope_id: keyId, cap_usd: 1 });
  await ask(key, undefined);
  await ask(key, '');
  const { spent_usd: spent } = await scene.standing(id);
  expect(spent).toBeGreaterThan(0);
  await scene.restart();
  expect((await scene.standing(id)).spent_usd).toBe(spent);
});
