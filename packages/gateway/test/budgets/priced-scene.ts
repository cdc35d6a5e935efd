import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
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
export interface TwoProviders {
  readonly first: Simulator;
  readonly second: Simulator;
  readonly scene: BudgetScene;
}

/** `pool`: what else is configured of the model; `ofFirst`: of its first target. */
export function useTwoProviders(pool: object, ofFirst: object): TwoProviders {
  let first: Simulator;
  let second: Simulator;
  let scene: BudgetScene;
  beforeEach(async () => {
    [first, second] = await Promise.all([startSimulator({}), startSimulator({})]);
    const provider = ({ url }: Simulator, priority: number) => ({
      name: `target-${priority}`,
      api_base: `${url}/v1`,
      api_key: 'none',
      priority,
    });
    const providers = [{ ...provider(first, 0), ...ofFirst }, provider(second, 1)];
    scene = await openBudgetScene({ models: { pool: { pricing, ...pool, providers } } });
  });
  afterEach(async () => {
    await scene.close();
    await Promise.all([first.close(), second.close()]);
  });
  return {
    get first() {
      return first;
    },
    get second() {
      return second;
    },
    get scene() {
      return scene;
    },
  };
}
