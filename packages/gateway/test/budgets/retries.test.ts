import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BudgetScene, NANOS, nanosOf, openBudgetScene, pricing } from './budget-scene.ts';

const usage = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 };
const perAnswer = nanosOf(10, 100);

let first: Simulator;
let second: Simulator;
let scene: BudgetScene;
beforeEach(async () => {
  [first, second] = await Promise.all([startSimulator({}), startSimulator({})]);
  const providers = [first, second].map(({ url }, index) => ({
    name: `target-${index}`,
    api_base: `${url}/v1`,
    api_key: 'none',
    priority: index,
    ...(index === 0 && { timeout: { headers_seconds: 0.2 } }),
  }));
  scene = await openBudgetScene({ models: { pool: { pricing, providers } } });
  second.behave({ kind: 'answer', usage });
});
afterEach(async () => {
  await scene.close();
  await Promise.all([first.close(), second.close()]);
});

/** Asks with a key that has money and tokens for so many answers, and tells how that ended. */
async function ask({ dollars, tokens, stream = false }: { dollars: number; tokens: number; stream?: boolean }) {
  const { id, key } = await scene.key({ token_budget: Math.floor(110 * tokens) });
  const cap = (perAnswer * dollars) / NANOS;
  const budget = await scene.budget({ scope: 'key', scope_id: id, cap_usd: cap });
  const { status, text } = await scene.gateway.chat(key, 'pool', { max_tokens: 100, stream });
  const { reserved_usd: reserved, spent_usd: spent } = await scene.standing(budget);
  return { status, text, reserved, answers: (spent * NANOS) / perAnswer };
}

it.each([
  ['money', { dollars: 1.2, tokens: 9 }],
  ['tokens', { dollars: 9, tokens: 1.2 }],
])('an attempt after one that broke off passed hard caps, with %s left for one', async (_, room) => {
  first.behave({ kind: 'hang', when: 'before-headers' });
  const { answers, reserved, status } = await ask(room);
  expect(status).toBe(504);
  expect([second.attemptCount, reserved]).toEqual([0, 0]);
  expect(answers).toBeLessThanOrEqual(1.2);
});

it('such an attempt is made where there is room for what both use', async () => {
  first.behave({ kind: 'hang', when: 'before-headers' });
  const { answers, reserved, status } = await ask({ dollars: 2.2, tokens: 2.2 });
  expect([status, second.attemptCount, reserved]).toEqual([200, 1, 0]);
  expect(answers).toBeGreaterThan(1.5);
});

it('such an attempt is made of the last that there is where the first used nothing', async () => {
  first.behave({ kind: 'status', status: 500 });
  const { answers, reserved, status } = await ask({ dollars: 1.1, tokens: 1.128 });
  expect([status, second.attemptCount, reserved]).toEqual([200, 1, 0]);
  expect(answers).toBe(1);
});

it('such an attempt is made in any case where the caller has a part of the answer', async () => {
  first.behave({ kind: 'truncate', afterTokens: 20, clean: false, text: 'word '.repeat(40) });
  second.behave({ kind: 'answer', text: 'word '.repeat(40), usage });
  const { reserved, text } = await ask({ dollars: 1.1, tokens: 1.128, stream: true });
  expect(text).toContain('[DONE]');
  expect([second.attemptCount, reserved]).toEqual([1, 0]);
});
