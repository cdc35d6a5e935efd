import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BudgetScene, NANOS, nanosOf, openBudgetScene, pricing } from './budget-scene.ts';

let simulator: Simulator;
let scene: BudgetScene;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 10 });
  scene = await openBudgetScene({
    providers: { main: { type: 'openai', base_url: `${simulator.url}/v1`, api_key: 'sk-upstream' } },
    routing: { default_provider: 'main' },
    models: {},
    pricing: { free: { input: 0, output: 0 }, cheap: { input: 0.02, output: 0.04 }, dear: pricing },
  });
});
beforeEach(() => simulator.behave({ kind: 'answer', usage: { prompt_tokens: 10, completion_tokens: 90 } }));
afterAll(() => Promise.all([scene.close(), simulator.close()]));

const ask = async (key: string, model: string, more: Readonly<Record<string, unknown>>) =>
  (await scene.gateway.chat(key, model, { max_tokens: 90, ...more })).status;

describe('further models that a request names, any of which may answer it,', () => {
  it.each([{ models: ['cheap', 'dear'] }, { fallbacks: [{ model: 'dear' }] }])(
    'had nothing set aside: %j',
    async (more) => {
      const { id, key } = await scene.key();
      await scene.budget({ scope: 'key', scope_id: id, cap_usd: nanosOf(10, 60) / NANOS });
      expect([await ask(key, 'free', more), await ask(key, 'cheap', more)]).toEqual([429, 429]);
      expect([await ask(key, 'free', {}), await ask(key, 'cheap', {})]).toEqual([200, 200]);
    },
  );

  it('were charged as the one that was asked first', async () => {
    const { id, key } = await scene.key();
    const budget = await scene.budget({ scope: 'key', scope_id: id, cap_usd: 1 });
    const spent = async () => Math.round((await scene.standing(budget)).spent_usd * NANOS);
    const usage = { prompt_tokens: 10, completion_tokens: 90 };
    simulator.behave({ kind: 'answer', model: 'dear-2026-01-01', usage });
    expect(await ask(key, 'free', { models: ['dear'] })).toBe(200);
    expect(await spent()).toBe(nanosOf(10, 90));
    simulator.behave({ kind: 'answer', model: 'free-2026-01-01', usage });
    expect(await ask(key, 'free', { models: ['dear'] })).toBe(200);
    expect(await spent()).toBe(nanosOf(10, 90));
  });

  it('are refused where nobody knows their price and a hard budget holds', async () => {
    const { id, key } = await scene.key();
    await scene.budget({ scope: 'key', scope_id: id, cap_usd: 1 });
    expect(await ask(key, 'free', { models: ['unheard-of'] })).toBe(403);
  });
});
