import type { Simulator } from '@llm-gateway/simulator';
import { describe, expect, it, vi } from 'vitest';
import { useTwoTargets } from './two-targets.ts';

const scene = useTwoTargets();

async function start(options: { readonly more?: object; readonly pool?: object; readonly shadow?: object } = {}) {
  const target = (name: string, { url }: Simulator, priority: number) => ({
    name,
    api_base: `${url}/v1`,
    api_key: 'sk-upstream',
    priority,
  });
  await scene.start({
    models: {
      'gpt-4o': {
        // Dollars for a million tokens.
        pricing: { input: 2.5, output: 10 },
        providers: [target('first', scene.first, 1), { ...target('second', scene.second, 2), ...options.shadow }],
        ...options.pool,
      },
    },
    auth: { mode: 'open' },
    resilience: { retry: { initial_delay_ms: 1 } },
    ...options.more,
  });
}

type Row = Readonly<Record<string, number | string | null>>;

/** The rows, once there are so many: a pass that is under way may have begun before the last request ended. */
async function rows(count: number): Promise<readonly Row[]> {
  const { database } = scene.gateway.record;
  return vi.waitFor(async () => {
    await scene.gateway.drainLedger();
    const found = await database.all<Row>('SELECT * FROM usage_records ORDER BY sequence', []);
    expect(found).toHaveLength(count);
    return found;
  }, WAIT);
}

const WAIT = { timeout: 20_000, interval: 20 };

/** What the providers say that they served, in nano-dollars. */
const costOf = (input: number, output: number): number => input * 2_500 + output * 10_000;

describe('the ledger of a gateway', () => {
  it('has one row for each request, with its tokens and its cost to the nano-dollar', async () => {
    await start();
    const whole = await scene.gateway.chat(undefined);
    const { prompt_tokens: input, completion_tokens: output } = whole.body.usage;
    await scene.gateway.chat(undefined, 'gpt-4o', { stream: true });
    await scene.gateway.chat(undefined, 'no-such-model');
    const found = await rows(3);
    const [one, streamed, refused] = found;
    expect(one).toMatchObject({ outcome: 'completed', status: 200, input_tokens: input, output_tokens: output });
    expect(one).toMatchObject({ cost_nanos: costOf(input, output), attempts: 1, model: 'gpt-4o' });
    expect(streamed).toMatchObject({ is_stream: 1, outcome: 'completed', cost_nanos: costOf(input, output) });
    expect(refused).toMatchObject({ outcome: 'rejected', status: 404, attempts: 0, cost_nanos: 0 });
  });

  it('makes every attempt answer for itself, and charges nothing for those that failed', async () => {
    await start();
    scene.first.behave('f4');
    const reply = await scene.gateway.chat(undefined);
    const { prompt_tokens: input, completion_tokens: output } = reply.body.usage;
    const [row] = await rows(1);
    expect(row).toMatchObject({ attempts: 3, cost_nanos: costOf(input, output), status: 200 });
    const attempts = await scene.gateway.record.database.all<Row>('SELECT * FROM attempt_records ORDER BY number', []);
    expect(attempts.map(({ outcome, cost_nanos }) => [outcome, cost_nanos])).toEqual([
      ['overloaded', 0],
      ['overloaded', 0],
      ['ok', costOf(input, output)],
    ]);
  });

  it('has one row for a caller that left, and no attempt for a target that was busy', async () => {
    await start({ more: { resilience: { bulkhead: { max_concurrent: 1, max_queue: 0 } } } });
    scene.first.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const left = fetch(`${scene.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] }),
      signal: leaving.signal,
    });
    await scene.first.waitForAttempts(1);
    expect((await scene.gateway.chat(undefined)).status).toBe(200);
    leaving.abort();
    await expect(left).rejects.toThrow();
    const found = [...(await rows(2))].sort((left, right) => Number(left['status']) - Number(right['status']));
    expect(found).toMatchObject([
      { status: 200, attempts: 1, provider: 'second' },
      { status: 499, failure: 'client_closed' },
    ]);
  });

  it('charges for both parts of a stream that another attempt completed, the broken one by estimate', async () => {
    await start();
    scene.first.behave({ kind: 'truncate', afterTokens: 40, clean: false });
    const reply = await scene.gateway.chat(undefined, 'gpt-4o', { stream: true });
    expect(reply.text).toContain('[DONE]');
    const [row] = await rows(1);
    expect(row).toMatchObject({ outcome: 'completed', attempts: 2, recovered: 'restart' });
    const attempts = await scene.gateway.record.database.all<Row>('SELECT * FROM attempt_records ORDER BY number', []);
    expect(attempts.map(({ outcome, is_estimated }) => [outcome, is_estimated])).toEqual([
      ['truncated', 1],
      ['ok', 0],
    ]);
    expect(attempts.every(({ cost_nanos }) => Number(cost_nanos) > 0)).toBe(true);
    expect(row!['cost_nanos']).toBe(Number(attempts[0]!['cost_nanos']) + Number(attempts[1]!['cost_nanos']));
  });

  it('charges an answer that is shared to one of those who got it', async () => {
    await start({ pool: { single_flight: true } });
    // Long enough for the others to come while the first waits, on a busy machine too.
    scene.first.behave({ kind: 'answer', firstTokenMs: 2_000 });
    const leader = scene.gateway.chat(undefined);
    await scene.first.waitForAttempts(1);
    const replies = await Promise.all([leader, scene.gateway.chat(undefined), scene.gateway.chat(undefined)]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    // Calls are shared within one configuration, and the record may just have brought another.
    expect(scene.first.attemptCount).toBeLessThan(3);
    const { prompt_tokens: input, completion_tokens: output } = replies[0]!.body.usage;
    const found = await rows(3);
    expect(found.reduce((sum, { cost_nanos }) => sum + Number(cost_nanos), 0)).toBe(
      scene.first.attemptCount * costOf(input, output),
    );
  });

  it('has a row for each copy that a watched target got', async () => {
    await start({ shadow: { shadow_percent: 100 } });
    await scene.gateway.chat(undefined);
    await scene.second.waitUntil(
      () => scene.second.attempts.every(({ outcome }) => outcome !== undefined) && scene.second.attemptCount > 0,
    );
    const found = await rows(2);
    const copies = found.filter(({ shadow_of }) => shadow_of !== null && shadow_of !== '');
    expect([found.length, copies.length]).toEqual([2, 1]);
    expect(copies[0]).toMatchObject({ status: 200, target_id: expect.stringContaining('second') });
  });
});
