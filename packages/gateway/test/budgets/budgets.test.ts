import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BudgetScene, costOfAnswer, NANOS, nanosOf, openBudgetScene } from './budget-scene.ts';

let scene: BudgetScene;
beforeEach(async () => {
  scene = await openBudgetScene();
});
afterEach(() => scene.close());

const limited = { max_tokens: 100 };
/** What 100 tokens of output and a short request are expected to cost at least, in nano-dollars. */
const atLeast = nanosOf(10, 100);
const usageOf = (output: number) => ({ prompt_tokens: 10, completion_tokens: output, total_tokens: 10 + output });
const dollars = (nanos: number): number => nanos / NANOS;

describe('a hard budget', () => {
  it('is never passed by more than the error of estimate, however many ask at once', async () => {
    const { key } = await scene.key();
    scene.simulator.behave({ kind: 'answer', usage: usageOf(100) });
    const capNanos = 40 * atLeast;
    const id = await scene.budget({ cap_usd: dollars(capNanos) });
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => scene.gateway.chat(key, 'priced', { max_tokens: 100 })),
    );
    const passed = replies.filter(({ status }) => status === 200);
    const refused = replies.filter(({ status }) => status === 429);
    expect(passed.length + refused.length).toBe(200);
    expect(refused.length).toBeGreaterThan(0);
    const spent = passed.reduce((sum, reply) => sum + costOfAnswer(reply), 0);
    const { reserved_usd: reserved, spent_usd: counted } = await scene.standing(id);
    expect([Math.round(counted * NANOS), reserved]).toEqual([spent, 0]);
    // Estimates were a little too high here, so that nothing passes the cap at all.
    expect(spent).toBeLessThanOrEqual(capNanos);
    expect(refused[0]!.body.error).toMatchObject({ code: 'budget_exceeded', type: 'rate_limit_error' });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused[0]!.headers.get('x-budget-id')).toBe(id);
  });

  it('is passed by the one that was under way, where the answer is longer than was expected', async () => {
    const { key } = await scene.key();
    scene.simulator.behave({ kind: 'answer', usage: usageOf(400) });
    const id = await scene.budget({ cap_usd: dollars(2 * atLeast) });
    const replies = await Promise.all(Array.from({ length: 20 }, () => scene.gateway.chat(key, 'priced', limited)));
    const passed = replies.filter(({ status }) => status === 200);
    const errorOfEstimate = passed.reduce((sum, reply) => sum + Math.max(0, costOfAnswer(reply) - atLeast), 0);
    const { spent_usd: spent } = await scene.standing(id);
    expect(spent).toBeLessThanOrEqual(dollars(2 * atLeast + errorOfEstimate));
    // What is spent beyond the cap is remembered: nothing more passes.
    expect((await scene.gateway.chat(key, 'priced', { max_tokens: 1 })).status).toBe(429);
  });

  it.each([
    ['beyond exact numbers', { max_tokens: 1e300 }],
    ['that costs more than can be counted', { max_tokens: 1e15, n: 128 }],
    ['in the second of two names', { max_tokens: 1, max_completion_tokens: 1_000_000 }],
  ])('has no room for a limit on output %s, as for any that is too large', async (_, limit) => {
    const { key } = await scene.key();
    const id = await scene.budget({ cap_usd: 1 });
    const { body, status } = await scene.gateway.chat(key, 'priced', limit);
    expect([status, body.error?.code]).toEqual([429, 'budget_exceeded']);
    expect(await scene.standing(id)).toMatchObject({ spent_usd: 0, reserved_usd: 0 });
  });

  it.each([
    ['many prompts', { prompt: Array(100).fill('Hello!') }],
    ['answers of which the best is told', { prompt: 'Hello!', best_of: '100' }],
  ])('has aside what all answers of a completion may cost: %s', async (_, ask) => {
    const { key } = await scene.key();
    await scene.budget({ cap_usd: dollars(50 * atLeast) });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const complete = async (fields: object) => {
      const body = JSON.stringify({ model: 'priced', ...limited, ...fields });
      return (await fetch(`${scene.gateway.url}/v1/completions`, { method: 'POST', headers, body })).status;
    };
    expect([await complete(ask), await complete({ prompt: [1, 2, 3] })]).toEqual([429, 200]);
  });

  it('is not passed by answers that are made in the background, of which only the beginning was counted', async () => {
    const { key } = await scene.key();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const ask = async (background: boolean) => {
      const body = JSON.stringify({ model: 'priced', input: 'Hello!', background });
      const reply = await fetch(`${scene.gateway.url}/v1/responses`, { method: 'POST', headers, body });
      const { error } = (await reply.json()) as { readonly error?: { readonly param: string } };
      return [reply.status, error?.param];
    };
    expect([await ask(true), await ask(false)]).toEqual([
      [400, 'background'],
      [200, undefined],
    ]);
  });

  it('is told in the words of whoever asks', async () => {
    const { key } = await scene.key();
    await scene.budget({ cap_usd: 0 });
    const response = await fetch(`${scene.gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'priced', max_tokens: 5, messages: [{ role: 'user', content: 'Hello!' }] }),
    });
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
  });

  it('of several windows refuses by the one that is spent', async () => {
    const { key } = await scene.key();
    const day = await scene.budget({ cap_usd: 1 });
    const hour = await scene.budget({ period: 'hour', cap_usd: dollars(atLeast * 1.5) });
    const total = await scene.budget({ period: 'total', cap_usd: 1 });
    const first = await scene.gateway.chat(key, 'priced', limited);
    expect(first.status).toBe(200);
    const second = await scene.gateway.chat(key, 'priced', { max_tokens: 200 });
    expect([second.status, second.headers.get('x-budget-id')]).toEqual([429, hour]);
    for (const id of [day, hour, total])
      expect((await scene.standing(id)).spent_usd).toBe(dollars(costOfAnswer(first)));
    expect(await scene.standing(total)).toMatchObject({ period_started_at: null, resets_at: null });
  });

  it('holds for its key, team, tenant, organisation or model, and for nobody else', async () => {
    const { admin, chat } = scene.gateway;
    const organisation = (await admin('POST', '/admin/organisations', { name: 'o' })).body.id;
    const team = (await admin('POST', '/admin/teams', { name: 't', organisation_id: organisation })).body.id;
    const tenantOf = async (id: string) => (await admin('POST', '/admin/tenants', { id, name: id })).body.id;
    const tenant = await tenantOf('acme');
    const [byKey, byTeam, byTenant, nobody] = [
      await scene.key(),
      await scene.key({ team_id: team }),
      await scene.key({ tenant_id: tenant }),
      await scene.key({ tenant_id: await tenantOf('other') }),
    ];
    const cases = [
      [{ scope: 'key', scope_id: byKey.id }, byKey.key, 'priced'],
      [{ scope: 'team', scope_id: team }, byTeam.key, 'priced'],
      [{ scope: 'organisation', scope_id: organisation }, byTeam.key, 'priced'],
      [{ scope: 'tenant', scope_id: tenant }, byTenant.key, 'priced'],
      [{ scope: 'global', model: 'other' }, nobody.key, 'other'],
    ] as const;
    for (const [fields, key, model] of cases) {
      const id = await scene.budget({ ...fields, cap_usd: 0 });
      expect((await chat(key, model)).headers.get('x-budget-id')).toBe(id);
      expect((await chat(nobody.key, 'priced')).status).toBe(200);
      expect((await admin('DELETE', `/admin/budgets/${id}`)).status).toBe(204);
      expect((await chat(key, model)).status).toBe(200);
    }
  });

  it('does not outlive whom it is of: who has budgets cannot be deleted', async () => {
    const { admin } = scene.gateway;
    await admin('POST', '/admin/tenants', { id: 'brief', name: 'Brief' });
    const id = await scene.budget({ cap_usd: 1, scope: 'tenant', scope_id: 'brief' });
    const refused = await admin('DELETE', '/admin/tenants/brief');
    expect([refused.status, refused.body?.error.code]).toEqual([409, 'in_use']);
    await admin('DELETE', `/admin/budgets/${id}`);
    expect((await admin('DELETE', '/admin/tenants/brief')).status).toBe(204);
  });

  it('follows every change with the next request, and keeps what was spent', async () => {
    const { key } = await scene.key();
    const { admin, chat } = scene.gateway;
    const before = costOfAnswer(await chat(key, 'priced', limited));
    await scene.gateway.drainLedger();
    // What was spent before there was a budget is spent of it.
    const id = await scene.budget({ cap_usd: dollars(before) });
    expect((await chat(key, 'priced', limited)).status).toBe(429);
    expect((await admin('PUT', `/admin/budgets/${id}`, { cap_usd: 1 })).body.spent_usd).toBe(dollars(before));
    expect((await chat(key, 'priced', limited)).status).toBe(200);
    await admin('PUT', `/admin/budgets/${id}`, { cap_usd: 0 });
    expect((await chat(key, 'priced', limited)).status).toBe(429);
    await admin('PUT', `/admin/budgets/${id}`, { is_hard: false });
    expect((await chat(key, 'priced', limited)).status).toBe(200);
    await admin('PUT', `/admin/budgets/${id}`, { is_hard: true, is_active: false });
    expect((await chat(key, 'priced', limited)).status).toBe(200);
  });

  it('knows after a restart what the ledger says, of all models and of one', async () => {
    const { key } = await scene.key();
    const all = await scene.budget({ cap_usd: 1 });
    const one = await scene.budget({ cap_usd: 1, model: 'other', period: 'month' });
    await scene.gateway.chat(key, 'priced', limited);
    await scene.gateway.chat(key, 'other', limited);
    const [spentOfAll, spentOfOne] = [(await scene.standing(all)).spent_usd, (await scene.standing(one)).spent_usd];
    expect(spentOfAll).toBeGreaterThan(spentOfOne);
    await scene.restart();
    expect((await scene.standing(all)).spent_usd).toBe(spentOfAll);
    expect((await scene.standing(one)).spent_usd).toBe(spentOfOne);
  });
});

describe('what is counted', () => {
  it('is every attempt that costs, and nothing of those that do not', async () => {
    const { key } = await scene.key();
    const id = await scene.budget({ cap_usd: 1 });
    scene.simulator.behave('f4');
    expect((await scene.gateway.chat(key, 'priced', limited)).status).toBeGreaterThanOrEqual(500);
    expect(await scene.standing(id)).toMatchObject({ spent_usd: 0, reserved_usd: 0 });
  });

  it('is what streams and other operations use as well', async () => {
    const { key } = await scene.key();
    const id = await scene.budget({ cap_usd: 1 });
    const streamed = await scene.gateway.chat(key, 'priced', { ...limited, stream: true });
    expect(streamed.text).toContain('[DONE]');
    const { spent_usd: ofStream } = await scene.standing(id);
    expect(ofStream).toBeGreaterThan(0);
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'priced', input: 'How much is this?' });
    const embedded = await fetch(`${scene.gateway.url}/v1/embeddings`, { method: 'POST', headers, body });
    const { usage } = (await embedded.json()) as { readonly usage: { readonly prompt_tokens: number } };
    expect((await scene.standing(id)).spent_usd).toBeCloseTo(ofStream + dollars(nanosOf(usage.prompt_tokens, 0)), 9);
  });

  it('is the estimate, where the caller leaves before its answer says what it used', async () => {
    const { key } = await scene.key();
    const id = await scene.budget({ cap_usd: 1 });
    scene.simulator.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const asked = fetch(`${scene.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'priced', ...limited, messages: [{ role: 'user', content: 'Hello!' }] }),
    });
    await scene.simulator.waitForAttempts(1);
    expect((await scene.standing(id)).reserved_usd).toBeGreaterThanOrEqual(dollars(atLeast));
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(async () => (await scene.standing(id)).reserved_usd, { timeout: 10_000 }).toBe(0);
    const { spent_usd: spent } = await scene.standing(id);
    expect(spent).toBeGreaterThan(0);
    await scene.restart();
    expect((await scene.standing(id)).spent_usd).toBe(spent);
  });
});

describe('a price that nobody knows', () => {
  it('is refused where a hard budget holds, and nowhere else', async () => {
    const { key } = await scene.key();
    expect((await scene.gateway.chat(key, 'unpriced')).status).toBe(200);
    const id = await scene.budget({ cap_usd: 1 });
    const refused = await scene.gateway.chat(key, 'unpriced');
    expect([refused.status, refused.body.error.code]).toEqual([403, 'price_unknown']);
    await scene.gateway.admin('PUT', `/admin/budgets/${id}`, { is_hard: false });
    expect((await scene.gateway.chat(key, 'unpriced')).status).toBe(200);
    expect(await scene.gateway.metricsText()).toContain('gateway_budget_unknown_cost_total 1');
  });

  it('is counted as nothing where that is allowed, and what is free passes a budget that is spent', async () => {
    await scene.close();
    scene = await openBudgetScene({ budgets: { unknown_price: 'allow' } });
    const { key } = await scene.key();
    const id = await scene.budget({ cap_usd: 1 });
    expect((await scene.gateway.chat(key, 'unpriced')).status).toBe(200);
    expect(await scene.standing(id)).toMatchObject({ spent_usd: 0, reserved_usd: 0 });
    await scene.gateway.admin('PUT', `/admin/budgets/${id}`, { cap_usd: 0 });
    expect((await scene.gateway.chat(key, 'unpriced')).status).toBe(429);
    expect((await scene.gateway.chat(key, 'free')).status).toBe(200);
  });

  it('is that of speech, of which an hour counted as the few words that were asked', async () => {
    const { key } = await scene.key();
    const speak = async (model: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model, input: 'Hello!', voice: 'alloy' });
      return (await fetch(`${scene.gateway.url}/v1/audio/speech`, { method: 'POST', headers, body })).status;
    };
    const id = await scene.budget({ cap_usd: 1 });
    expect([await speak('priced'), await speak('free')]).toEqual([403, 200]);
    await scene.gateway.admin('PUT', `/admin/budgets/${id}`, { is_hard: false });
    expect(await speak('priced')).toBe(200);
  });

  it('is that of pictures in a stream, which were nearly free where the same without one were not', async () => {
    const { key } = await scene.key();
    const draw = async (model: string, stream: boolean) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model, prompt: 'A cat', stream });
      const reply = await fetch(`${scene.gateway.url}/v1/images/generations`, { method: 'POST', headers, body });
      return ((await reply.text()).match(/price_unknown/) ?? [reply.status])[0];
    };
    await scene.budget({ cap_usd: 1 });
    expect([await draw('priced', true), await draw('priced', false)]).toEqual(['price_unknown', 200]);
  });

  it('is that of forwarded paths, which could be asked for anything past a budget that was spent', async () => {
    const { key } = await scene.key();
    const forward = async (model: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'priced', messages: [{ role: 'user', content: 'Hello!' }] });
      const url = `${scene.gateway.url}/v1/${model}/chat/completions`;
      const reply = await fetch(url, { method: 'POST', headers, body });
      const { error } = (await reply.json()) as { readonly error?: { readonly code: string } };
      return [reply.status, error?.code];
    };
    const id = await scene.budget({ cap_usd: 1 });
    expect(await forward('priced')).toEqual([403, 'price_unknown']);
    expect(await forward('free')).toEqual([200, undefined]);
    await scene.gateway.admin('PUT', `/admin/budgets/${id}`, { is_hard: false });
    expect(await forward('priced')).toEqual([200, undefined]);
  });
});
