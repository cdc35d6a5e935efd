import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

let upstream: Simulator;
let started: TestGateway;

beforeEach(async () => {
  upstream = await startSimulator({});
  started = await startTestGateway({ config: configOf('first', 1_000) });
});
afterEach(async () => {
  await started.stop();
  await upstream.close();
});

/** Dollars for a million tokens of either kind. */
function configOf(provider: string, price: number) {
  return {
    database: { path: 'record.db' },
    auth: { mode: 'open' },
    providers: {
      [provider]: { kind: 'openai', api_key: 'sk-upstream', base_url: `${upstream.url}/v1`, models: ['m'] },
    },
    pricing: { m: { input: price, output: price } },
  };
}

it.each([
  ['its provider is gone', () => configOf('second', 1_000)],
  ['its price is another', () => configOf('first', 1)],
])('a stream that runs costs what it did when it began, though after a reload %s', async (_, next) => {
  upstream.behave({ kind: 'hang', when: { afterTokens: 5 } });
  const caller = new AbortController();
  const reply = await fetch(`${started.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hello!' }] }),
    signal: caller.signal,
  });
  await reply.body!.getReader().read();
  started.gateway.reload(await started.load(next()));
  caller.abort();
  await vi.waitFor(async () => {
    const database = await started.recorded();
    const rows = await database.all<Readonly<Record<'cost_nanos' | 'input_tokens' | 'output_tokens', number | null>>>(
      'SELECT cost_nanos, input_tokens, output_tokens FROM usage_records',
      [],
    );
    expect(rows).toHaveLength(1);
    const { cost_nanos: cost, input_tokens: input, output_tokens: output } = rows[0]!;
    expect(input! + output!).toBeGreaterThan(5);
    expect(cost).toBe((input! + output!) * 1_000_000);
  });
});
