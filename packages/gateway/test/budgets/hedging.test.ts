import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, hello } from '../acceptance/caller.ts';
import { type BudgetScene, NANOS, nanosOf, openBudgetScene, pricing } from './budget-scene.ts';

const usage = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 };
const perAnswer = nanosOf(10, 100);
const hedging = { percentile: 90, min_delay_ms: 40, max_extra_percent: 100 };

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
  }));
  scene = await openBudgetScene({ models: { pool: { pricing, hedging, providers } } });
  for (const simulator of [first, second]) simulator.behave({ kind: 'answer', usage });
  const { key } = await scene.key();
  // Until it is known what is slow.
  for (let count = 0; count < 50; count++) await scene.gateway.chat(key, 'pool', { max_tokens: 100 });
});
afterEach(async () => {
  await scene.close();
  await Promise.all([first.close(), second.close()]);
});

/** A key that has money and tokens for so many answers. */
async function open({ dollars, tokens }: { readonly dollars: number; readonly tokens: number }) {
  const { id, key } = await scene.key({ token_budget: Math.floor(110 * tokens) });
  const cap = (perAnswer * dollars) / NANOS;
  const budget = await scene.budget({ scope: 'key', scope_id: id, cap_usd: cap });
  const before = second.attemptCount;
  return {
    ask: () => scene.gateway.chat(key, 'pool', { max_tokens: 100 }),
    key,
    hedges: () => second.attemptCount - before,
    async standing() {
      const { reserved_usd: reserved, spent_usd: spent } = await scene.standing(budget);
      const { tokens_used: used } = (await scene.gateway.admin('GET', `/admin/keys/${id}`)).body;
      return { reserved: Math.round(reserved * NANOS), spent: Math.round(spent * NANOS), used };
    },
  };
}

describe('a second attempt beside a slow one', () => {
  it.each([
    ['money', { dollars: 1.5, tokens: 9 }],
    ['tokens', { dollars: 9, tokens: 1.5 }],
  ])('passed hard caps, with %s left for one and a half', async (_, room) => {
    const { ask, hedges, standing } = await open(room);
    first.behave({ kind: 'answer', usage, firstTokenMs: 600 });
    expect((await ask()).status).toBe(200);
    expect(hedges()).toBe(0);
    expect(await standing()).toEqual({ reserved: 0, spent: perAnswer, used: 110 });
  });

  it('is made where there is room for both, and both are charged', async () => {
    const { ask, hedges, standing } = await open({ dollars: 2.2, tokens: 2.2 });
    first.behave({ kind: 'hang', when: 'before-headers' });
    expect((await ask()).status).toBe(200);
    expect(hedges()).toBe(1);
    const { reserved, spent, used } = await standing();
    expect(reserved).toBe(0);
    expect(spent).toBeGreaterThan(perAnswer);
    expect(spent).toBeLessThanOrEqual(2.2 * perAnswer);
    expect(used).toBeGreaterThan(110);
  });

  it('leaves nothing set aside when its caller leaves', async () => {
    const { hedges, key, standing } = await open({ dollars: 2.2, tokens: 2.2 });
    for (const simulator of [first, second]) simulator.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const body = { model: 'pool', max_tokens: 100, messages: hello };
    const reply = call(scene.gateway.url, body, { key, signal: leaving.signal });
    await expect.poll(hedges).toBe(1);
    expect((await standing()).reserved).toBeGreaterThan(1.9 * perAnswer);
    leaving.abort();
    await expect(reply).rejects.toThrow();
    await expect.poll(async () => (await standing()).reserved).toBe(0);
  });
});
