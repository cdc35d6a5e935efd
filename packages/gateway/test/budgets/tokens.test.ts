import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BudgetScene, openBudgetScene } from './budget-scene.ts';

let scene: BudgetScene;
beforeEach(async () => {
  scene = await openBudgetScene();
  scene.simulator.behave({ kind: 'answer', usage: usageOf(90) });
});
afterEach(() => scene.close());

/** A hundred tokens where ninety are answered. */
const usageOf = (output: number) => ({ prompt_tokens: 10, completion_tokens: output, total_tokens: 10 + output });
const ask = (key: string, more: Readonly<Record<string, unknown>> = {}) =>
  scene.gateway.chat(key, 'priced', { max_tokens: 90, ...more });
const shown = async (id: string) => (await scene.gateway.admin('GET', `/admin/keys/${id}`)).body;
const change = (id: string, body: object) => scene.gateway.admin('PUT', `/admin/keys/${id}`, body);

describe('the token budget of a key', () => {
  it('is what it may use in all, and tells what was used', async () => {
    const { id, key } = await scene.key({ token_budget: 1_000 });
    const other = await scene.key();
    expect(await shown(id)).toMatchObject({ token_budget: 1_000, tokens_used: 0, usage_reset_at: null });
    const statuses: number[] = [];
    for (let count = 0; count < 12; count++) statuses.push((await ask(key)).status);
    expect(statuses.slice(0, 9)).toEqual(Array(9).fill(200));
    expect(statuses.slice(10)).toEqual([429, 429]);
    const { tokens_used: used } = await shown(id);
    expect(used).toBe(100 * statuses.filter((status) => status === 200).length);
    const refused = await ask(key);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'budget_exceeded' } } });
    expect(refused.body.error.message).toContain('1000 tokens');
    // Whoever has none is not limited, and nothing is counted for it.
    expect((await ask(other.key)).status).toBe(200);
    expect(await shown(other.id)).toMatchObject({ token_budget: null, tokens_used: null });
    const listed = (await scene.gateway.admin('GET', '/admin/keys')).body;
    expect(listed.map(({ tokens_used: one }: { tokens_used: number | null }) => one)).toEqual([null, used]);
  });

  it('is not passed however many ask at once', async () => {
    const { id, key } = await scene.key({ token_budget: 2_000 });
    const replies = await Promise.all(Array.from({ length: 60 }, () => ask(key)));
    const passed = replies.filter(({ status }) => status === 200).length;
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(passed).toBeLessThanOrEqual(20);
    expect((await shown(id)).tokens_used).toBe(100 * passed);
  });

  it('is not passed by forwarded paths, of which no token was counted', async () => {
    const forward = async (key: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'priced', messages: [{ role: 'user', content: 'Hello!' }] });
      const url = `${scene.gateway.url}/v1/priced/chat/completions`;
      return (await fetch(url, { method: 'POST', headers, body })).status;
    };
    const [budgeted, other] = [await scene.key({ token_budget: 10_000 }), await scene.key()];
    expect([await forward(budgeted.key), await forward(other.key)]).toEqual([403, 200]);
  });

  it.each([
    ['/v1/audio/speech', { input: 'Hello!', voice: 'alloy' }],
    ['/v1/images/generations', { prompt: 'A cat.', stream: true }],
  ])('is not passed by what no provider tells the tokens of: %s', async (path, body) => {
    const post = async (key: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const text = JSON.stringify({ model: 'priced', ...body });
      return (await fetch(`${scene.gateway.url}${path}`, { method: 'POST', headers, body: text })).status;
    };
    const [budgeted, other] = [await scene.key({ token_budget: 10 }), await scene.key()];
    expect(await post(budgeted.key)).toBe(403);
    expect(await post(other.key)).not.toBe(403);
  });

  it('was passed by pictures, for which no output was set aside, and of which untold tokens were none', async () => {
    const draw = async (key: string, n: number) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'priced', prompt: 'A cat.', n });
      return (await fetch(`${scene.gateway.url}/v1/images/generations`, { method: 'POST', headers, body })).status;
    };
    const { id, key } = await scene.key({ token_budget: 12_500 });
    scene.simulator.behave({ kind: 'answer', usage: { input_tokens: 10, output_tokens: 90, total_tokens: 100 } });
    expect([await draw(key, 3), await draw(key, 1)]).toEqual([429, 200]);
    expect((await shown(id)).tokens_used).toBe(100);
    scene.simulator.behave({ kind: 'raw', bytes: '{"created":1,"data":[{"url":"https://pictures.example/1"}]}' });
    expect([await draw(key, 1), await draw(key, 1)]).toEqual([200, 429]);
    expect((await shown(id)).tokens_used).toBeGreaterThan(6_340);
  });

  it('is raised, lifted and begun anew', async () => {
    const { id, key } = await scene.key({ token_budget: 150 });
    expect([(await ask(key)).status, (await ask(key)).status]).toEqual([200, 429]);
    expect((await change(id, { token_budget: 250 })).body).toMatchObject({ token_budget: 250, tokens_used: 100 });
    expect([(await ask(key)).status, (await ask(key)).status]).toEqual([200, 429]);
    const reset = await change(id, { reset_usage: true });
    expect(reset.body).toMatchObject({ token_budget: 250, tokens_used: 0, usage_reset_at: expect.any(String) });
    expect([(await ask(key)).status, (await ask(key)).status, (await ask(key)).status]).toEqual([200, 200, 429]);
    await change(id, { token_budget: null });
    expect((await ask(key)).status).toBe(200);
    expect((await shown(id)).tokens_used).toBeNull();
    for (const body of [{ token_budget: 0 }, { token_budget: 1.5 }, { reset_usage: 'yes' }]) {
      const refused = await change(id, body);
      expect(refused).toMatchObject({ status: 400, body: { error: { param: Object.keys(body)[0] } } });
    }
    expect((await scene.gateway.admin('POST', '/admin/keys', { name: 'x', reset_usage: true })).status).toBe(400);
  });

  it('counts what was used before there was one, except where that was reset, and outlives a restart', async () => {
    const [before, reset] = [await scene.key(), await scene.key()];
    for (const { key } of [before, reset]) expect((await ask(key)).status).toBe(200);
    await scene.gateway.drainLedger();
    await expect.poll(async () => (await scene.gateway.admin('GET', '/admin/logs')).body.total).toBe(2);
    expect((await change(before.id, { token_budget: 1_000 })).body.tokens_used).toBe(100);
    expect((await change(reset.id, { token_budget: 1_000, reset_usage: true })).body.tokens_used).toBe(0);
    for (const { key } of [before, reset]) expect((await ask(key)).status).toBe(200);
    await scene.restart();
    expect((await shown(before.id)).tokens_used).toBe(200);
    expect((await shown(reset.id)).tokens_used).toBe(100);
  });

  it('counts streams and failed requests by what they used', async () => {
    const { id, key } = await scene.key({ token_budget: 10_000 });
    expect((await ask(key, { stream: true, stream_options: { include_usage: true } })).status).toBe(200);
    expect((await shown(id)).tokens_used).toBe(100);
    scene.simulator.behave({ kind: 'status', status: 400 });
    expect((await ask(key)).status).toBe(400);
    expect((await ask(key, { model: 'no-such-model' })).status).toBe(404);
    expect((await shown(id)).tokens_used).toBe(100);
  });
});
