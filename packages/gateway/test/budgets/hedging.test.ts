import { beforeEach, describe, expect, it } from 'vitest';
import { call, hello } from '../acceptance/caller.ts';
import { NANOS, nanosOf } from './budget-scene.ts';
import { useTwoProviders } from './priced-scene.ts';

const usage = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 };
const perAnswer = nanosOf(10, 100);
const hedging = { percentile: 90, min_delay_ms: 40, max_extra_percent: 100 };

const pool = useTwoProviders({ hedging }, {});
beforeEach(async () => {
  for (const simulator of [pool.first, pool.second]) simulator.behave({ kind: 'answer', usage });
  const { key } = await pool.scene.key();
  // Until it is known what is slow.
  for (let count = 0; count < 50; count++) await pool.scene.gateway.chat(key, 'pool', { max_tokens: 100 });
});

/** A key that has money and tokens for so many answers. */
async function open({ dollars, tokens }: { readonly dollars: number; readonly tokens: number }) {
  const { id, key } = await pool.scene.key({ token_budget: Math.floor(110 * tokens) });
  const cap = (perAnswer * dollars) / NANOS;
  const budget = await pool.scene.budget({ scope: 'key', scope_id: id, cap_usd: cap });
  const before = pool.second.attemptCount;
  return {
    ask: () => pool.scene.gateway.chat(key, 'pool', { max_tokens: 100 }),
    key,
    hedges: () => pool.second.attemptCount - before,
    async standing() {
      const { reserved_usd: reserved, spent_usd: spent } = await pool.scene.standing(budget);
      const { tokens_used: used } = (await pool.scene.gateway.admin('GET', `/admin/keys/${id}`)).body;
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
    pool.first.behave({ kind: 'answer', usage, firstTokenMs: 600 });
    expect((await ask()).status).toBe(200);
    expect(hedges()).toBe(0);
    expect(await standing()).toEqual({ reserved: 0, spent: perAnswer, used: 110 });
  });

  it('is made where there is room for both, and both are charged', async () => {
    const { ask, hedges, standing } = await open({ dollars: 2.2, tokens: 2.2 });
    pool.first.behave({ kind: 'hang', when: 'before-headers' });
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
    for (const simulator of [pool.first, pool.second]) simulator.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const body = { model: 'pool', max_tokens: 100, messages: hello };
    const reply = call(pool.scene.gateway.url, body, { key, signal: leaving.signal });
    await expect.poll(hedges).toBe(1);
    expect((await standing()).reserved).toBeGreaterThan(1.9 * perAnswer);
    leaving.abort();
    await expect(reply).rejects.toThrow();
    await expect.poll(async () => (await standing()).reserved).toBe(0);
  });
});
