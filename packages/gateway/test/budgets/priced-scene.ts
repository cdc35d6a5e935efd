import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type TwoSimulators, useTwoSimulators } from '../harness/two-simulators.ts';
import { type BudgetScene, openBudgetScene, pricing } from './budget-scene.ts';

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

/** A gateway whose only model, `pool`, has two targets of which the first is asked first; other ones for each test. */
export interface TwoProviders extends TwoSimulators {
  scene: BudgetScene;
}

/** `route`: what else is configured of the model; `ofFirst`: of its first target. */
export function useTwoProviders(route: object, ofFirst: object): TwoProviders {
  const pool = useTwoSimulators() as TwoProviders;
  beforeEach(async () => {
    const provider = ({ url }: Simulator, priority: number) => ({
      name: `target-${priority}`,
      api_base: `${url}/v1`,
      api_key: 'none',
      priority,
    });
    const providers = [{ ...provider(pool.first, 0), ...ofFirst }, provider(pool.second, 1)];
    pool.scene = await openBudgetScene({ models: { pool: { pricing, ...route, providers } } });
  });
  afterEach(() => pool.scene.close());
  return pool;
}
