import type { Simulator } from '@llm-gateway/simulator';
import { expect, vi } from 'vitest';
import { call } from '../acceptance/caller.ts';
import { administer } from '../admin/administer.ts';
import { NANOS } from '../budgets/budget-scene.ts';
import { ask } from './crash-callers.ts';

/** Requests that the key may have under way: twice what is asked at one time, as those of the dead come back later. */
export const crashKeyPlaces = 16;
/** Tokens that it may use in a minute: many more than are asked for. */
const tokensPerMinute = 50_000_000;
/** Tokens that one request is expected to come to at most, input and output. */
const mostExpected = 200;

/** A key with every kind of limit, none of which is ever reached, and a hard budget of its own. */
export interface CrashKey {
  readonly id: string;
  readonly key: string;
  readonly budgetId: string;
}

export async function makeCrashKey(url: string): Promise<CrashKey> {
  const limits = { max_concurrent: crashKeyPlaces, tokens_per_minute: tokensPerMinute, token_budget: 1_000_000_000 };
  const { id, key } = await administer(url, 'POST', '/admin/keys', { name: 'crash', ...limits });
  const budget = { name: 'crash', scope: 'key', scope_id: id, period: 'total', cap_usd: 1_000 };
  const made = await administer(url, 'POST', '/admin/budgets', budget);
  return { id, key, budgetId: made.id };
}

export interface NothingHeldInput {
  readonly url: string;
  readonly key: CrashKey;
  readonly simulator: Simulator;
  /** Requests that were made in all lives. */
  readonly asked: number;
  /** What the rows of the record come to now. */
  readonly readTotals: () => Promise<{ readonly cost: number; readonly tokens: number }>;
}

/** As long as the longest lease of the dead, and some more. */
const patience = { timeout: 60_000, interval: 250 };

/**
 * Nothing of what the dead held is held any more: every place is to be had, in the queue and of the key; nothing is set
 * aside; and budget and tokens are counted as the rows of the record say, to the last nano-dollar.
 */
export async function expectNothingHeld({ asked, key, readTotals, simulator, url }: NothingHeldInput): Promise<void> {
  await vi.waitFor(() => takeAllPlaces(url, key, simulator), patience);
  const queue = async () => {
    const health = await (await fetch(`${url}/health?detailed=true`)).json();
    return (health as { components: { queue: unknown } }).components.queue;
  };
  await vi.waitFor(async () => expect(await queue()).toEqual({ in_flight: 0, queued: 0 }), patience);
  await vi.waitFor(async () => {
    const [budget, { tokens_used: used }, { cost, tokens }] = await Promise.all([
      administer(url, 'GET', `/admin/budgets/${key.budgetId}`),
      administer(url, 'GET', `/admin/keys/${key.id}`),
      readTotals(),
    ]);
    const { reserved_usd: reserved, spent_usd: spent } = budget;
    expect({ reserved, spent: Math.round(spent * NANOS), used }).toEqual({ reserved: 0, spent: cost, used: tokens });
  }, patience);
  const body = { model: 'sim', messages: [{ role: 'user', content: 'word' }] };
  // Of the tokens of a minute no more is gone than was asked for, and a cap that is spent refuses.
  const many = await call(
    url,
    { ...body, max_tokens: tokensPerMinute - mostExpected * (asked + 3 * crashKeyPlaces) },
    key,
  );
  expect(many.status).toBe(200);
  const { spent_usd: spent } = await administer(url, 'GET', `/admin/budgets/${key.budgetId}`);
  await administer(url, 'PUT', `/admin/budgets/${key.budgetId}`, { cap_usd: spent });
  const refused = await call(url, body, key);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: { code: 'budget_exceeded' } });
}

/** Takes as many places as there are at one time; throws where one of them is not to be had. */
async function takeAllPlaces(url: string, { key }: CrashKey, simulator: Simulator): Promise<void> {
  const leaving = Array.from({ length: crashKeyPlaces }, () => new AbortController());
  const wish = { words: 1, tokens: 1, stream: false };
  const before = simulator.attemptCount;
  simulator.behave({ kind: 'hang', when: 'before-headers' });
  const asks = leaving.map(({ signal }, place) => ask({ url, key, id: `stuck-${place}`, wish, signal }));
  const ends = Promise.allSettled(asks);
  try {
    const all = simulator.waitUntil(() => simulator.attemptCount === before + crashKeyPlaces, { timeoutMs: 30_000 });
    const isRefused = await Promise.race([all.then(() => false), Promise.race(asks).then(() => true)]);
    expect(isRefused).toBe(false);
  } finally {
    for (const one of leaving) one.abort();
    await ends;
    simulator.behave(undefined);
  }
}
