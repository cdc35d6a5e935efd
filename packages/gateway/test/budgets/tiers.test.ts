import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BudgetScene, NANOS, nanosOf, openBudgetScene } from './budget-scene.ts';

let scene: BudgetScene;
beforeEach(async () => {
  scene = await openBudgetScene({ budgets: { unknown_price: 'allow' } });
});
afterEach(() => scene.close());

it('a tier that nobody has a price for counts for no less than the usual one, where it was free', async () => {
  const { key } = await scene.key();
  const id = await scene.budget({ cap_usd: nanosOf(40, 1_000) / NANOS });
  const ask = async () => {
    const { status } = await scene.gateway.chat(key, 'priced', { max_tokens: 1_000, service_tier: 'made-up' });
    return status;
  };
  expect(await ask()).toBe(200);
  expect((await scene.standing(id)).spent_usd).toBeGreaterThanOrEqual(nanosOf(0, 1_000) / NANOS);
  expect(await ask()).toBe(429);
});
