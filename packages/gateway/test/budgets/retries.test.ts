import { beforeEach, expect, it } from 'vitest';
import { NANOS, nanosOf } from './budget-scene.ts';
import { useTwoProviders } from './priced-scene.ts';

const usage = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 };
const perAnswer = nanosOf(10, 100);

const pool = useTwoProviders({}, { timeout: { headers_seconds: 0.2 } });
beforeEach(() => pool.second.behave({ kind: 'answer', usage }));

/** Asks with a key that has money and tokens for so many answers, and tells how that ended. */
async function ask({ dollars, tokens, stream = false }: { dollars: number; tokens: number; stream?: boolean }) {
  const { id, key } = await pool.scene.key({ token_budget: Math.floor(110 * tokens) });
  const cap = (perAnswer * dollars) / NANOS;
  const budget = await pool.scene.budget({ scope: 'key', scope_id: id, cap_usd: cap });
  const { status, text } = await pool.scene.gateway.chat(key, 'pool', { max_tokens: 100, stream });
  const { reserved_usd: reserved, spent_usd: spent } = await pool.scene.standing(budget);
  return { status, text, reserved, answers: (spent * NANOS) / perAnswer };
}

it.each([
  ['money', { dollars: 1.2, tokens: 9 }],
  ['tokens', { dollars: 9, tokens: 1.2 }],
])('an attempt after one that broke off passed hard caps, with %s left for one', async (_, room) => {
  pool.first.behave({ kind: 'hang', when: 'before-headers' });
  const { answers, reserved, status } = await ask(room);
  expect(status).toBe(504);
  expect([pool.second.attemptCount, reserved]).toEqual([0, 0]);
  expect(answers).toBeLessThanOrEqual(1.2);
});

it('such an attempt is made where there is room for what both use', async () => {
  pool.first.behave({ kind: 'hang', when: 'before-headers' });
  const { answers, reserved, status } = await ask({ dollars: 2.2, tokens: 2.2 });
  expect([status, pool.second.attemptCount, reserved]).toEqual([200, 1, 0]);
  expect(answers).toBeGreaterThan(1.5);
});

it('such an attempt is made of the last that there is where the first used nothing', async () => {
  pool.first.behave({ kind: 'status', status: 500 });
  const { answers, reserved, status } = await ask({ dollars: 1.1, tokens: 1.128 });
  expect([status, pool.second.attemptCount, reserved]).toEqual([200, 1, 0]);
  expect(answers).toBe(1);
});

it.each([
  ['money', { dollars: 1.1, tokens: 9 }],
  ['tokens', { dollars: 9, tokens: 1.128 }],
])('an attempt that completes a stream passed hard caps, with %s left for one', async (_, room) => {
  pool.first.behave({ kind: 'truncate', afterTokens: 20, clean: false, text: 'word '.repeat(40) });
  const { answers, reserved, text } = await ask({ ...room, stream: true });
  expect(text).toContain('"error"');
  expect(text).not.toContain('[DONE]');
  expect([pool.second.attemptCount, reserved]).toEqual([0, 0]);
  expect(answers).toBeLessThanOrEqual(1);
});

it('such an attempt is made where there is room for what was sent and for the whole', async () => {
  pool.first.behave({ kind: 'truncate', afterTokens: 20, clean: false, text: 'word '.repeat(40) });
  pool.second.behave({ kind: 'answer', text: 'word '.repeat(40), usage });
  const { answers, reserved, text } = await ask({ dollars: 1.5, tokens: 1.5, stream: true });
  expect(text).toContain('[DONE]');
  expect([pool.second.attemptCount, reserved]).toEqual([1, 0]);
  expect(answers).toBeGreaterThan(1);
});
