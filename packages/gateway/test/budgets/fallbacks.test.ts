import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BudgetScene, openBudgetScene } from './budget-scene.ts';

let scene: BudgetScene;
beforeAll(async () => {
  scene = await openBudgetScene({ routing: { fallbacks: { priced: ['unpriced'], free: ['priced'] } } });
  await scene.budget({ cap_usd: 0.1 });
});
afterAll(() => scene.close());

const statusOf = async (key: string, model: string) =>
  (await scene.gateway.chat(key, model, { max_tokens: 50 })).status;

it.each(['models that it may use', 'whether others answer'])(
  'a key was refused for a fallback that is not for it: by %s',
  async (what) => {
    expect(await statusOf((await scene.key()).key, 'priced')).toBe(403);
    const settings = { config: { fallbacks: false } };
    await scene.gateway.admin('POST', '/admin/tenants', { id: 'alone', name: 'Alone', settings });
    const bound = what.startsWith('models') ? { scopes: { models: ['priced', 'free'] } } : { tenant_id: 'alone' };
    expect(await statusOf((await scene.key(bound)).key, 'priced')).toBe(200);
  },
);
