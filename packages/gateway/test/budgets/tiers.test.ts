import { startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type BudgetScene, NANOS, nanosOf, openBudgetScene, pricing } from './budget-scene.ts';

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

it('a rate that only the second target is told of was passed over, its prices being those of the first', async () => {
  await scene.close();
  const simulator = await startSimulator({});
  onTestFinished(() => simulator.close());
  const { url } = simulator;
  const target = { api_key: 'sk-upstream' };
  scene = await openBudgetScene({
    models: {
      claude: {
        pricing,
        providers: [
          { ...target, name: 'other-wire', api_base: `${url}/v1`, protocols: ['openai-chat'] },
          { ...target, name: 'own-wire', api_base: url, protocols: ['anthropic-messages'] },
        ],
      },
    },
  });
  const { key } = await scene.key();
  await scene.budget({ cap_usd: 1 });
  const ask = async (more: object) => {
    const headers = { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
    const body = { model: 'claude', max_tokens: 20, messages: [{ role: 'user', content: 'Hi' }], ...more };
    const reply = await fetch(`${scene.gateway.url}/v1/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await reply.text();
    return reply.status;
  };
  expect([await ask({}), await ask({ speed: 'fast' })]).toEqual([200, 403]);
});
