import { startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll } from 'vitest';
import { type BudgetScene, openBudgetScene } from './budget-scene.ts';

/** A gateway for the tests of a file: models by their prices, all of one provider. */
export function usePricedModels(prices: Readonly<Record<string, object>>): () => BudgetScene {
  let scene: BudgetScene;
  let close: () => Promise<unknown>;
  beforeAll(async () => {
    const simulator = await startSimulator({ tokens: 10 });
    const providers = [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }];
    const models = Object.entries(prices).map(([name, pricing]) => [name, { pricing, providers }]);
    scene = await openBudgetScene({ models: Object.fromEntries(models) });
    close = () => Promise.all([scene.close(), simulator.close()]);
  });
  afterAll(() => close());
  return () => scene;
}
