import type { Simulator } from '@llm-gateway/simulator';
import { describe, expect, it } from 'vitest';
import { type AttemptRecordRow, useTwoTargets } from './two-targets.ts';

// Answers that are none, or half of one, and whose provider says what they took.

const targets = useTwoTargets();

type Wire = 'openai-chat' | 'openai-responses' | 'anthropic-messages';

async function start(wire: Wire, pool: object = {}): Promise<void> {
  const target = (name: string, { url }: Simulator, priority: number) => ({
    name,
    api_base: `${url}/v1`,
    api_key: 'sk-upstream',
    protocols: [wire],
    max_retries: 0,
    priority,
  });
  const providers = [target('first', targets.first, 1), target('second', targets.second, 2)];
  await targets.start({
    // Dollars for a million tokens.
    models: { 'gpt-4o': { pricing: { input: 2.5, output: 10 }, providers, ...pool } },
    auth: { mode: 'open' },
    resilience: { retry: { initial_delay_ms: 1 } },
    responses: { store: false },
  });
}

const charged = {
  input_tokens: 30,
  output_tokens: 7,
  cost_nanos: 30 * 2_500 + 7 * 10_000,
  is_estimated: 0,
};

const answers = (body: object) =>
  targets.first.behave({ kind: 'raw', bytes: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

const usage = { input_tokens: 30, output_tokens: 7, total_tokens: 37 };
const cancelled = { id: 'resp_1', object: 'response', status: 'cancelled', error: null, output: [], usage };
const failed = {
  id: 'resp_1',
  object: 'response',
  status: 'failed',
  error: { code: 'server_error', message: 'It broke.' },
  output: [],
  usage,
};

describe('a whole answer that is none is charged for as its provider says', () => {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage };
  const chat = { id: 'c', object: 'chat.completion', usage: { prompt_tokens: 30, completion_tokens: 7 } };

  it.each([
    ['empty, translated', 'anthropic-messages', message, 'malformed'],
    ['without choices, relayed', 'openai-chat', chat, 'malformed'],
    ['of a response that failed, translated', 'openai-responses', failed, 'transient'],
    ['of a response that was cancelled, translated', 'openai-responses', cancelled, 'transient'],
  ] as const)('%s', async (_case, wire, body, outcome) => {
    await start(wire);
    answers(body);
    expect((await targets.gateway.chat(undefined)).status).toBe(200);
    expect(await targets.attempts()).toMatchObject([
      { ...charged, outcome },
      { outcome: 'ok', is_estimated: 0 },
    ]);
  });
});

describe('a stream of a response that failed is charged for as its provider says', () => {
  const event = (data: { readonly type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const begun = event({ type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } } as never);
  const error = event({ type: 'error', code: 'server_error', message: 'It broke.' } as never);
  const ended = event({ type: 'response.failed', response: failed } as never);
  const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] };
  const said = [
    event({ type: 'response.output_item.added', output_index: 0, item } as never),
    event({
      type: 'response.content_part.added',
      output_index: 0,
      content_index: 0,
      item_id: 'msg_1',
      part: { type: 'output_text', text: '', annotations: [] },
    } as never),
    event({
      type: 'response.output_text.delta',
      output_index: 0,
      content_index: 0,
      item_id: 'msg_1',
      delta: 'some words',
    } as never),
  ].join('');

  const ask = {
    relayed: () =>
      fetch(`${targets.gateway.url}/v1/responses`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4o', stream: true, input: 'Hello!' }),
      }).then((response) => response.text()),
    translated: () => targets.gateway.chat(undefined, 'gpt-4o', { stream: true }).then(({ text }) => text),
  } as const;

  it.each([
    ['relayed', 'before it said anything', begun + ended],
    ['relayed', 'before it said anything, after an error of its own', begun + error + ended],
    ['relayed', 'in the middle of it', begun + said + ended],
    ['translated', 'before it said anything', begun + ended],
    ['translated', 'before it said anything, after an error of its own', begun + error + ended],
    ['translated', 'in the middle of it', begun + said + ended],
  ] as const)('%s, %s', async (way, _when, bytes) => {
    await start('openai-responses', { stream_recovery: 'error' });
    targets.first.behave({ kind: 'raw', bytes, headers: { 'content-type': 'text/event-stream' } });
    const got = await ask[way]();
    const isBroken = bytes.includes('some words');
    expect(got.includes('some words')).toBe(isBroken);
    const [own, other] = await targets.attempts();
    expect(own).toMatchObject(charged);
    if (!isBroken) expect(other).toMatchObject({ outcome: 'ok' });
  });

  const over = event({ type: 'response.cancelled', response: cancelled } as never);
  it.each([
    ['relayed', 'before it said anything', begun + over],
    ['relayed', 'in the middle of it', begun + said + over],
    ['translated', 'before it said anything', begun + over],
    ['translated', 'in the middle of it', begun + said + over],
  ] as const)(
    'a stream of a response that was cancelled passed for a cut one of unknown cost: %s, %s',
    async (way, _when, bytes) => {
      await start('openai-responses', { stream_recovery: 'error' });
      targets.first.behave({ kind: 'raw', bytes, headers: { 'content-type': 'text/event-stream' } });
      const got = await ask[way]();
      const isBroken = bytes.includes('some words');
      const [own, other] = await targets.attempts();
      expect(own).toMatchObject({ ...charged, outcome: 'transient' });
      expect(await targets.gateway.metricsText()).toContain(
        'gateway_provider_errors_total{provider="first",kind="transient"} 1',
      );
      expect(targets.gateway.rawLog()).toContain('"outcome":"transient"');
      const [row] = await targets.gateway.record.database.all<AttemptRecordRow>('SELECT * FROM usage_records', []);
      if (!isBroken) {
        expect([row?.['outcome'], other?.['outcome']]).toEqual(['completed', 'ok']);
        return;
      }
      expect([row?.['outcome'], other]).toEqual(['failed', undefined]);
      expect(got).toContain('upstream_failed');
      expect(got).not.toContain('event: response.cancelled');
    },
  );
});
