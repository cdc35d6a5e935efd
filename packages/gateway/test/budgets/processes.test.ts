import { request } from 'node:http';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { openDatabase } from '../../src/stores/sql/database.ts';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';
import { replyTo, textOf } from '../acceptance/caller.ts';
import { adminKey } from '../admin/record-gateway.ts';
import { NANOS, nanosOf, pricing } from './budget-scene.ts';

let built: BuiltGateway;
let simulator: Simulator;
beforeAll(async () => {
  [built, simulator] = await Promise.all([buildGateway(), startSimulator({ tokens: 10, keepAttempts: 10_000 })]);
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
});

const config = (): string =>
  JSON.stringify({
    server: { host: '127.0.0.1', port: 0, metrics_port: 0 },
    database: { path: 'data/record.db' },
    models: { priced: { pricing, providers: [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-up' }] } },
  });

const start = (workers: number, directory?: string): Promise<GatewayProcess> =>
  built.start({
    args: ['start', '--config', 'gateway.json', '--workers', String(workers)],
    env: { ADMIN_KEY: adminKey },
    files: { 'gateway.json': config() },
    ...(directory !== undefined && { directory }),
  });

/** One call over a connection of its own, so that any worker may get it. */
async function call(url: string, method: string, path: string, key: string, body?: unknown) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const sent = request(url + path, { method, agent: false, headers });
  sent.end(body === undefined ? '' : JSON.stringify(body));
  const reply = await replyTo(sent);
  const text = await textOf(reply);
  return { status: reply.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
}

const chat = (url: string, key: string) =>
  call(url, 'POST', '/v1/chat/completions', key, {
    model: 'priced',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hello!' }],
  });

async function setUp(url: string, capNanos: number) {
  const { body } = await call(url, 'POST', '/admin/keys', adminKey, { name: 'test' });
  const fields = { name: 'all', scope: 'global', period: 'total', cap_usd: capNanos / NANOS };
  const made = await call(url, 'POST', '/admin/budgets', adminKey, fields);
  const standing = async () => (await call(url, 'GET', `/admin/budgets/${made.body.id}`, adminKey)).body;
  return { key: body.key as string, id: made.body.id as string, standing };
}

describe('a budget over several workers', () => {
  it('is one for all of them, follows changes at once, and is what the ledger says after all were killed', async () => {
    const answer = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 };
    simulator.behave({ kind: 'answer', usage: answer });
    const first = await start(2);
    const url = await first.listening();
    const perAnswer = nanosOf(10, 100);
    const { id, key, standing } = await setUp(url, 10 * perAnswer);
    const replies = await Promise.all(Array.from({ length: 40 }, () => chat(url, key)));
    const passed = replies.filter(({ status }) => status === 200).length;
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(passed).toBeLessThanOrEqual(10);
    const spent = (passed * perAnswer) / NANOS;
    await expect.poll(async () => (await standing()).spent_usd, { timeout: 10_000 }).toBe(spent);
    expect((await standing()).reserved_usd).toBe(0);
    const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })).text();
    for (const name of ['record_state', 'spool_state', 'spool_lost_rows_total', 'spool_dropped_rows_total']) {
      expect(metrics).toContain(`\ngateway_${name} 0\n`);
    }
    expect(metrics).toMatch(/^gateway_spool_bytes \d+$/m);

    await call(url, 'PUT', `/admin/budgets/${id}`, adminKey, { cap_usd: 1 });
    const free = await Promise.all(Array.from({ length: 10 }, () => chat(url, key)));
    expect(new Set(free.map(({ status }) => status))).toEqual(new Set([200]));

    // Some are under way, with what they may cost set aside, when everything dies.
    const before = simulator.attemptCount;
    simulator.behave({ kind: 'hang', when: 'before-headers' });
    const dying = Array.from({ length: 5 }, () => chat(url, key).catch(() => undefined));
    await simulator.waitUntil(() => simulator.attemptCount === before + 5);
    const { reserved_usd: reserved } = await standing();
    expect(reserved).toBeGreaterThan(0);
    first.signal('SIGKILL');
    await Promise.all(dying);
    await first.ended;

    simulator.behave({ kind: 'answer', usage: answer });
    const second = await start(2, first.directory);
    const again = await second.listening();
    const { body } = await call(again, 'GET', `/admin/budgets/${id}`, adminKey);
    expect(body.reserved_usd).toBe(0);
    expect((await chat(again, key)).status).toBe(200);
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
    const database = await openDatabase({
      location: { file: `${first.directory}/data/record.db` },
      clock: systemClock,
    });
    const rows = await database.all<{ readonly total: number; readonly cut: number }>(
      `SELECT SUM(CASE WHEN outcome = 'completed' THEN cost_nanos ELSE 0 END) AS total,
        SUM(CASE WHEN outcome = 'interrupted' THEN cost_nanos ELSE 0 END) AS cut FROM usage_records`,
      [],
    );
    await database.close();
    // The ledger has what was answered, exactly, and an estimate of what was cut off; the budget began with both.
    expect(rows[0]!.total).toBe((passed + 10 + 1) * perAnswer);
    expect(rows[0]!.cut).toBeGreaterThan(0);
    // It was more: the estimate took every answer for the usual one, whatever its caller had allowed.
    expect(rows[0]!.cut).toBeLessThanOrEqual(Math.round(reserved * NANOS));
    expect(Math.round(body.spent_usd * NANOS)).toBe(rows[0]!.total - perAnswer + rows[0]!.cut);
  }, 60_000);

  it('so is the token budget of a key', async () => {
    simulator.behave({ kind: 'answer', usage: { prompt_tokens: 10, completion_tokens: 90, total_tokens: 100 } });
    const first = await start(2);
    const url = await first.listening();
    const { body } = await call(url, 'POST', '/admin/keys', adminKey, { name: 'test', token_budget: 1_500 });
    const path = `/admin/keys/${body.id}`;
    const used = async (at: string) => (await call(at, 'GET', path, adminKey)).body.tokens_used;
    const replies = await Promise.all(Array.from({ length: 40 }, () => chat(url, body.key)));
    const passed = replies.filter(({ status }) => status === 200).length;
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(passed).toBeLessThanOrEqual(15);
    await expect.poll(() => used(url), { timeout: 10_000 }).toBe(100 * passed);

    // Each of these asks another worker, perhaps, than the one that made the change.
    await call(url, 'PUT', path, adminKey, { reset_usage: true });
    expect(await used(url)).toBe(0);
    const again = await Promise.all(Array.from({ length: 5 }, () => chat(url, body.key)));
    expect(again.map(({ status }) => status)).toEqual(Array(5).fill(200));
    await expect.poll(() => used(url), { timeout: 10_000 }).toBe(500);
    first.signal('SIGKILL');
    await first.ended;

    const second = await start(2, first.directory);
    const later = await second.listening();
    expect(await used(later)).toBe(500);
    await call(later, 'PUT', path, adminKey, { token_budget: 500 });
    expect(await chat(later, body.key)).toMatchObject({ status: 429, body: { error: { code: 'budget_exceeded' } } });
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
  }, 60_000);
});
