import { expect, it } from 'vitest';
import { createFrameEncoder } from '../../src/framing/aws-event-stream.ts';
import { useTwoTargets } from './two-targets.ts';

// Answers that their model could not finish and that hold nothing, and whose provider says what they took.

const targets = useTwoTargets();

async function start(kind: 'gemini' | 'bedrock'): Promise<void> {
  const protocols = [kind === 'gemini' ? kind : 'bedrock-converse'];
  const target = {
    name: 'first',
    kind,
    protocols,
    api_base: targets.first.url,
    api_key: 'sk-1',
    max_retries: 0,
    priority: 1,
  };
  const rescue = { name: 'openai', api_base: `${targets.second.url}/v1`, api_key: 'sk-upstream', priority: 2 };
  await targets.start({
    // Dollars for a million tokens.
    models: { 'gpt-4o': { pricing: { input: 2.5, output: 10 }, providers: [target, rescue] } },
    auth: { mode: 'open' },
    resilience: { retry: { initial_delay_ms: 1 } },
  });
}

const charged = { input_tokens: 30, output_tokens: 7, cost_nanos: 30 * 2_500 + 7 * 10_000, is_estimated: 0 };

const gemini = JSON.stringify({
  candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }],
  usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 7, totalTokenCount: 37 },
});
const usage = { inputTokens: 30, outputTokens: 7, totalTokens: 37 };
const converse = JSON.stringify({
  output: { message: { role: 'assistant', content: [] } },
  stopReason: 'malformed_tool_use',
  usage,
});
const event = (type: string, payload: object): Buffer =>
  createFrameEncoder({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' })(
    JSON.stringify(payload),
  );
const converseStream = Buffer.concat([
  event('messageStart', { role: 'assistant' }),
  event('messageStop', { stopReason: 'malformed_tool_use' }),
  event('metadata', { usage }),
]);

it.each([
  ['gemini', false, 'application/json', gemini],
  ['gemini', true, 'text/event-stream', `data: ${gemini}\n\n`],
  ['bedrock', false, 'application/json', converse],
  ['bedrock', true, 'application/vnd.amazon.eventstream', converseStream],
] as const)(
  'an empty answer of %s that the model could not finish is rescued, and charged for (stream: %s)',
  async (kind, stream, type, bytes) => {
    await start(kind);
    targets.first.behave({
      kind: 'raw',
      base64: Buffer.from(bytes).toString('base64'),
      headers: { 'content-type': type },
    });
    const { status } = await targets.gateway.chat(undefined, 'gpt-4o', { stream });
    expect(status).toBe(200);
    expect(await targets.attempts()).toMatchObject([{ ...charged, outcome: 'unfinished' }, { outcome: 'ok' }]);
  },
);
