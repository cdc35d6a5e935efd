import type { Behaviour, Simulator } from '@llm-gateway/simulator';
import { describe, expect, it, vi } from 'vitest';
import { useTwoTargets } from './two-targets.ts';

// What providers charge for without saying: answers that broke off, and those without a report.

const scene = useTwoTargets();

/** Whether the targets speak the caller's wire. */
type Way = 'relay' | 'translation';

interface StartOptions {
  readonly way: Way;
  readonly targets?: 1 | 2;
  readonly pool?: object;
  readonly resilience?: object;
}

async function start({ way, targets = 1, pool, resilience }: StartOptions): Promise<void> {
  const kind = way === 'relay' ? {} : { protocols: ['anthropic-messages'] };
  const target = (name: string, { url }: Simulator, priority: number) => ({
    ...kind,
    name,
    api_base: way === 'relay' ? `${url}/v1` : url,
    api_key: 'sk-upstream',
    priority,
  });
  const providers = [target('first', scene.first, 1), target('second', scene.second, 2)].slice(0, targets);
  await scene.start({
    // Dollars for a million tokens.
    models: { 'gpt-4o': { pricing: { input: 2.5, output: 10 }, providers, ...pool } },
    auth: { mode: 'open' },
    server: { host: '127.0.0.1', port: 0, metrics_port: 0, public_metrics: true },
    resilience: { retry: { initial_delay_ms: 1 }, ...resilience },
  });
}

type Row = Readonly<Record<string, number | string | null>>;

interface Written {
  readonly row: Row;
  readonly attempts: readonly Row[];
}

/** The newest row of so many, with its attempts, once all are there. */
async function written(count = 1): Promise<Written> {
  const { database } = scene.gateway.record;
  return vi.waitFor(async () => {
    await scene.gateway.drainLedger();
    const rows = await database.all<Row>('SELECT * FROM usage_records ORDER BY sequence', []);
    expect(rows).toHaveLength(count);
    const row = rows.at(-1)!;
    const all = await database.all<Row>('SELECT * FROM attempt_records ORDER BY sequence, number', []);
    return { row, attempts: all.slice(all.length - Number(row['attempts'])) };
  }, WAIT);
}

const WAIT = { timeout: 10_000, interval: 20 };
/** Of the question, by the gateway's own estimate. */
const INPUT = 9;
const costOf = (input: number, output: number): number => input * 2_500 + output * 10_000;

/** A caller that leaves as soon as it has the text, or at once when something of the provider's is true. */
async function leave(stream: boolean, until: (text: string) => boolean): Promise<string> {
  const leaving = new AbortController();
  let text = '';
  try {
    const response = await fetch(`${scene.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', stream, messages: [{ role: 'user', content: 'Hello!' }] }),
      signal: leaving.signal,
    });
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true });
      if (until(textOf(text))) leaving.abort();
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  }
  return textOf(text);
}

/** Leaves while nothing has come, when the provider has been asked. */
async function leaveUnanswered(stream: boolean): Promise<void> {
  const leaving = new AbortController();
  const { signal } = leaving;
  const body = JSON.stringify({ model: 'gpt-4o', stream, messages: [{ role: 'user', content: 'Hello!' }] });
  const headers = { 'content-type': 'application/json' };
  const asked = fetch(`${scene.gateway.url}/v1/chat/completions`, { method: 'POST', headers, body, signal });
  await scene.first.waitForAttempts(1);
  leaving.abort();
  await expect(asked).rejects.toThrow();
}

/** What a stream of chunks says. */
function textOf(stream: string): string {
  const chunks = stream.matchAll(/^data: (\{.*\})$/gm);
  return [...chunks].map(([, json]) => JSON.parse(json!).choices[0]?.delta.content ?? '').join('');
}

const words = (count: number) => 'word '.repeat(count).trim();
/** Tokens of a text, by the gateway's own estimate. */
const tokensOf = (text: string) => Math.ceil(text.length / 4);

const ways = ['relay', 'translation'] as const;
const cases = ways.flatMap((way) => [[way, 'stream'] as const, [way, 'unary'] as const]);

describe.each(cases)('a caller that leaves before anything came: %s, %s', (way, mode) => {
  it.each(['before-headers', 'after-headers'] as const)('is charged by estimate: %s', async (when) => {
    await start({ way });
    scene.first.behave({ kind: 'hang', when });
    await leaveUnanswered(mode === 'stream');
    const { row, attempts } = await written();
    // Of a whole answer nobody saw how much of it was made.
    const output = mode === 'unary' ? 500 : 0;
    expect(row).toMatchObject({
      outcome: 'client_closed',
      status: 499,
      is_estimated: 1,
      cost_nanos: costOf(INPUT, output),
    });
    expect(attempts).toMatchObject([
      { outcome: 'cancelled', is_estimated: 1, input_tokens: INPUT, output_tokens: output },
    ]);
  });
});

describe.each(ways)('a stream that broke off: %s', (way) => {
  const text = words(40);

  it.each([
    ['in the middle of it', 20],
    ['after the last token, before its usage', 40],
  ])('is charged for what came when the caller left %s', async (_, afterTokens) => {
    await start({ way });
    scene.first.behave({ kind: 'hang', when: { afterTokens }, text });
    const expected = words(afterTokens).length;
    const got = await leave(true, (said) => said.trimEnd().length >= expected);
    const { row } = await written();
    const output = tokensOf(got);
    expect(Number(row['output_tokens'])).toBeGreaterThanOrEqual(output - 1);
    expect(Number(row['output_tokens'])).toBeLessThanOrEqual(output + 1);
    expect(row).toMatchObject({ outcome: 'client_closed', is_estimated: 1, attempts: 1 });
    expect(row['cost_nanos']).toBe(costOf(Number(row['input_tokens']), Number(row['output_tokens'])));
    expect(scene.gateway.rawLog()).toContain('"estimated":true');
  });

  it('is charged for what came before its provider fell silent', async () => {
    const pool = { stream_recovery: 'error' };
    await start({ way, pool, resilience: { timeout: { idle_seconds: 0.2 } } });
    scene.first.behave({ kind: 'hang', when: { afterTokens: 20 }, text });
    await scene.gateway.chat(undefined, 'gpt-4o', { stream: true });
    const { row, attempts } = await written();
    expect(row).toMatchObject({ outcome: 'failed', is_estimated: 1 });
    expect(attempts).toMatchObject([{ outcome: 'idle_timeout', is_estimated: 1 }]);
    expect(Math.abs(Number(row['output_tokens']) - tokensOf(words(20)))).toBeLessThan(3);
  });

  it.each(['high', 'none'])('was not charged for what a model thought meanwhile: effort %s', async (effort) => {
    const pool = { stream_recovery: 'error' };
    await start({ way, pool, resilience: { timeout: { idle_seconds: 0.2 } } });
    scene.first.behave({ kind: 'hang', when: { afterTokens: 1 }, text });
    await scene.gateway.chat(undefined, 'gpt-4o', { stream: true, reasoning_effort: effort });
    const { row } = await written();
    expect(row).toMatchObject({ is_estimated: 1 });
    // It was silent for a fifth of a second at least.
    const [least, most] = effort === 'high' ? [10, 1_000] : [1, 3];
    expect(Number(row['output_tokens'])).toBeGreaterThanOrEqual(least);
    expect(Number(row['output_tokens'])).toBeLessThanOrEqual(most);
  });

  it('is charged in both parts when another attempt completed it', async () => {
    await start({ way, targets: 2 });
    const behaviour: Behaviour = { kind: 'truncate', afterTokens: 20, clean: false, text };
    scene.first.behave(behaviour);
    scene.second.behave({ kind: 'answer', text });
    const reply = await scene.gateway.chat(undefined, 'gpt-4o', { stream: true });
    expect(reply.text).toContain('[DONE]');
    const { row, attempts } = await written();
    expect(attempts).toMatchObject([
      { outcome: 'truncated', is_estimated: 1 },
      { outcome: 'ok', is_estimated: 0 },
    ]);
    expect(Math.abs(Number(attempts[0]!['output_tokens']) - tokensOf(words(20)))).toBeLessThan(3);
    expect(row['cost_nanos']).toBe(Number(attempts[0]!['cost_nanos']) + Number(attempts[1]!['cost_nanos']));
  });

  it('is charged for the answer, and not for the words of the error that ended it', async () => {
    await start({ way, pool: { stream_recovery: 'error' } });
    const error = { message: 'overloaded '.repeat(1_000), type: 'overloaded_error', status: 529 };
    scene.first.behave({ kind: 'error-event', afterTokens: 20, text, error });
    await scene.gateway.chat(undefined, 'gpt-4o', { stream: true });
    const { row } = await written();
    expect(row).toMatchObject({ outcome: 'failed', is_estimated: 1 });
    expect(Math.abs(Number(row['output_tokens']) - tokensOf(words(20)))).toBeLessThan(3);
  });

  it('costs nothing where an error came in place of an answer', async () => {
    await start({ way, resilience: { retry: { max_attempts: 1 } } });
    scene.first.behave({ kind: 'error-event', afterTokens: 0 });
    await scene.gateway.chat(undefined, 'gpt-4o', { stream: true });
    expect((await written()).row).toMatchObject({
      outcome: 'failed',
      cost_nanos: 0,
      is_estimated: 0,
      output_tokens: 0,
    });
  });
});

describe.each(cases)('a whole answer: %s, %s', (way, mode) => {
  const stream = mode === 'stream';
  const text = words(40);

  it('is estimated by what it says where its provider does not report', async () => {
    await start({ way });
    scene.first.behave({ kind: 'answer', text, usage: 'never' });
    await scene.gateway.chat(undefined, 'gpt-4o', { stream });
    const { row } = await written();
    expect(row).toMatchObject({ outcome: 'completed', is_estimated: 1, input_tokens: INPUT });
    expect(Math.abs(Number(row['output_tokens']) - tokensOf(text))).toBeLessThan(3);
  });

  it('costs nothing where that is what its provider reports', async () => {
    await start({ way });
    const usage =
      way === 'relay'
        ? { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
        : { input_tokens: 0, output_tokens: 0 };
    scene.first.behave({ kind: 'answer', text, usage });
    await scene.gateway.chat(undefined, 'gpt-4o', { stream });
    expect((await written()).row).toMatchObject({ outcome: 'completed', is_estimated: 0, cost_nanos: 0 });
  });
});

describe.each(cases)('an attempt that is outrun: %s, %s', (way, mode) => {
  it('is charged by estimate, and its cost is counted', async () => {
    const hedging = { percentile: 90, min_delay_ms: 40, max_extra_percent: 100 };
    await start({ way, targets: 2, pool: { hedging } });
    const stream = mode === 'stream';
    const usual = 50;
    for (let count = 0; count < usual; count++) await scene.gateway.chat(undefined, 'gpt-4o', { stream });
    scene.first.behave({ kind: 'hang', when: 'before-headers' });
    scene.second.behave({ kind: 'answer', text: words(40) });
    await scene.gateway.chat(undefined, 'gpt-4o', { stream });
    const { row, attempts } = await written(usual + 1);
    const output = stream ? 0 : 500;
    expect(attempts).toMatchObject([
      { outcome: 'cancelled', is_estimated: 1, input_tokens: INPUT, cost_nanos: costOf(INPUT, output) },
      { outcome: 'ok', is_estimated: 0 },
    ]);
    expect(row['cost_nanos']).toBe(Number(attempts[0]!['cost_nanos']) + Number(attempts[1]!['cost_nanos']));
    const metrics = await (await fetch(`${scene.gateway.url}/metrics`)).text();
    const counted = [...metrics.matchAll(/^gateway_hedged_cost_dollars_total\{provider="[^"]+"\} (\S+)$/gm)];
    // On a busy machine one of the usual requests may have been late as well.
    const [all] = await scene.gateway.record.database.all<Row>(
      "SELECT SUM(cost_nanos) AS cost FROM attempt_records WHERE outcome = 'cancelled'",
      [],
    );
    const dollars = counted.reduce((sum, [, value]) => sum + Number(value), 0);
    expect(dollars).toBeCloseTo(Number(all!['cost']) / 1e9, 9);
  });
});
