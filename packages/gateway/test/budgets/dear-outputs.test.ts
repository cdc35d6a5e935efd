import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BudgetScene, openBudgetScene, pricing } from './budget-scene.ts';

let simulator: Simulator;
let scene: BudgetScene;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 10 });
  const providers = [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }];
  scene = await openBudgetScene({
    models: {
      speaks: { pricing: { ...pricing, audio_output: 400 }, providers },
      thinks: { pricing: { ...pricing, reasoning: 400 }, providers },
      'thinks cheaply': { pricing: { input: 2, output: 400, reasoning: 4 }, providers },
    },
  });
});
afterAll(() => Promise.all([scene.close(), simulator.close()]));

it.each(['speaks', 'thinks', 'thinks cheaply'])(
  'output had the price of text set aside, where it may be of a dearer kind: a model that %s',
  async (model) => {
    const { id, key } = await scene.key();
    // A hundred tokens at the dearest, which are ten thousand of the others.
    await scene.budget({ scope: 'key', scope_id: id, cap_usd: 0.04 });
    const ask = async (tokens: number) => (await scene.gateway.chat(key, model, { max_tokens: tokens })).status;
    expect([await ask(200), await ask(50)]).toEqual([429, 200]);
  },
);
