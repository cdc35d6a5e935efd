import { answerText, type Behaviour } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { callWire, forgetFailures, modelName, startWireBench, type WireBench, words } from './wire-bench.ts';
import { wireCallers } from './wire-callers.ts';

type Played = readonly [wire: ProtocolName, name: string, answer: object];

const usage = { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 };
const filters = (filtered: boolean) => [{ prompt_index: 0, content_filter_results: { hate: { filtered } } }];
const openai = (choices: readonly object[], more: object = {}) => ({
  id: 'c',
  object: 'chat.completion',
  choices,
  ...more,
});
const spoken = (message: object, finish_reason: string | null) => ({
  index: 0,
  message: { role: 'assistant', ...message },
  finish_reason,
});
const anthropic = (stop_reason: string | null) => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  content: [],
  stop_reason,
});
const bedrock = (more: object) => ({ output: { message: { role: 'assistant', content: [] } }, ...more });

/** Answers under status 200 that hold nothing, and do not say why. */
const none: readonly Played[] = [
  ['openai-chat', 'no-choices', openai([])],
  ['openai-chat', 'no-choices-used', openai([], { usage: { ...usage, completion_tokens: 5 } })],
  ['openai-chat', 'no-choices-filtered-nothing', openai([], { usage, prompt_filter_results: filters(false) })],
  // As OpenRouter was seen to answer.
  ['openai-chat', 'no-word', openai([spoken({ content: '', refusal: null, reasoning: null }, null)], { usage })],
  ['anthropic-messages', 'no-content', anthropic(null)],
  ['gemini', 'no-candidates', { candidates: [], usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } }],
  ['gemini', 'no-reason', { promptFeedback: { safetyRatings: [] }, modelVersion: 'g' }],
  ['bedrock-converse', 'no-content', bedrock({ usage: { inputTokens: 9, outputTokens: 0, totalTokens: 9 } })],
  ['openai-responses', 'no-output', { id: 'r', object: 'response', output: [] }],
];

/** Answers that hold nothing and say why. */
const ended: readonly Played[] = [
  ['openai-chat', 'too-long', openai([spoken({ content: '' }, 'length')], { usage })],
  ['openai-chat', 'filtered-prompt', openai([], { usage, prompt_filter_results: filters(true) })],
  ['anthropic-messages', 'end-turn', anthropic('end_turn')],
  ['gemini', 'blocked', { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 9 } }],
  ['gemini', 'max-tokens', { candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }] }],
  ['bedrock-converse', 'end-turn', bedrock({ stopReason: 'end_turn' })],
  ['openai-responses', 'completed', { id: 'r', object: 'response', status: 'completed', output: [] }],
  ['cohere-chat', 'complete', { id: 'c', message: { role: 'assistant', content: [] }, finish_reason: 'COMPLETE' }],
];

let bench: WireBench;
beforeAll(async () => {
  const models = [...none, ...ended].map(([wire, fault]) => ({ wire, fault, rescue: 'cohere-chat' as const }));
  const behaviours = new Map(
    [...none, ...ended].map(([wire, name, answer]): [string, Behaviour] => [
      `bad.${name}.${wire}`,
      { kind: 'raw', bytes: JSON.stringify(answer), headers: { 'content-type': 'application/json' } },
    ]),
  );
  bench = await startWireBench({ models, behaviours: {} });
  bench.simulator.behave(({ model }) => behaviours.get(model) ?? { kind: 'answer' });
});
afterAll(() => bench.stop());

const ask = async (wire: ProtocolName, fault: string, name: string) => {
  forgetFailures([bench]);
  const caller = wireCallers.find((one) => one.name === name)!;
  const model = modelName({ wire, fault, rescue: 'cohere-chat' });
  const { body, headers, status } = await callWire(bench.gateway.url, caller, { model, stream: false });
  return {
    status,
    trail: headers['x-gateway-attempts'],
    text: () => caller.readAnswer(JSON.parse(body.toString())).text,
  };
};
const names = wireCallers.map(({ name }) => name);

describe.each(none)('an empty answer of %s, %s', (wire, fault) => {
  it.each(names)('passed for a good one where it was relayed: %s gets that of another target', async (name) => {
    const { status, text, trail } = await ask(wire, fault, name);
    expect(trail).toMatch(/^\S+ malformed 200, \S+ ok$/);
    expect(status).toBe(200);
    expect(text()).toBe(answerText(words));
  });
});

describe.each(ended)('an answer of %s that says why it is empty, %s', (wire, fault) => {
  it.each(names)('is one for %s', async (name) => {
    const { status, text, trail } = await ask(wire, fault, name);
    expect(trail).toMatch(/^\S+ ok$/);
    expect(status).toBe(200);
    expect(text()).toBe('');
  });
});
