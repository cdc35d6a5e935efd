import type { Behaviour } from '@llm-gateway/simulator';
import { answerText } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { createFrameEncoder } from '../../src/framing/aws-event-stream.ts';
import {
  callWire,
  type FailingModel,
  forgetFailures,
  modelName,
  startWireBench,
  type WireBench,
  words,
} from './wire-bench.ts';
import { wireCallers } from './wire-callers.ts';
import { judgeStream } from './wire-verdict.ts';

const said = 'Half of an';

/** Ends by which providers say that they could not finish. */
const finishes: readonly (readonly [wire: ProtocolName, word: string])[] = [
  ['openai-chat', 'error'],
  ['openai-chat', 'insufficient_system_resource'],
  ['openai-chat', 'network_error'],
  ['openai-chat', 'abort'],
  ['openai-responses', 'failed'],
  ['openai-responses', 'cancelled'],
  ['openai-responses', 'failed-completed'],
  ['openai-responses', 'cancelled-incomplete'],
  ['cohere-chat', 'ERROR'],
  ['cohere-chat', 'TIMEOUT'],
];

/** Ends by which they say that the model could not, for no fault of theirs. */
const unfinished: readonly (readonly [wire: ProtocolName, word: string])[] = [
  ['gemini', 'MALFORMED_FUNCTION_CALL'],
  ['gemini', 'UNEXPECTED_TOOL_CALL'],
  ['gemini', 'TOO_MANY_TOOL_CALLS'],
  ['gemini', 'MALFORMED_RESPONSE'],
  ['gemini', 'MISSING_THOUGHT_SIGNATURE'],
  ['bedrock-converse', 'malformed_tool_use'],
  ['bedrock-converse', 'malformed_model_output'],
  ['openai-chat', 'function_call_filter: MALFORMED_FUNCTION_CALL'],
];

const events = (list: readonly Readonly<Record<string, unknown>>[]): string =>
  list
    .map(
      (event) =>
        `${event['type'] === undefined ? '' : `event: ${String(event['type'])}\n`}data: ${JSON.stringify(event)}\n\n`,
    )
    .join('');

type Play = (word: string) => { readonly stream: string | Buffer; readonly whole: object };

const plays: Readonly<Partial<Record<ProtocolName, Play>>> = {
  'openai-chat': (word) => {
    const chunk = (delta: object, finish_reason: string | null) => ({ choices: [{ index: 0, delta, finish_reason }] });
    const message = { role: 'assistant', content: said };
    const stream = `${events([chunk({ role: 'assistant', content: said }, null), chunk({}, word)])}data: [DONE]\n\n`;
    return { stream, whole: { id: 'c', choices: [{ index: 0, message, finish_reason: word }] } };
  },
  'openai-responses': (word) => {
    const [status, event = status] = word.split('-');
    const item = { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: said }] };
    const response = { id: 'r', object: 'response', status, output: [item], error: { message: 'Broke.' } };
    const place = { item_id: 'm', output_index: 0, content_index: 0 };
    const stream = events([
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [], error: null } },
      { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
      { type: 'response.output_text.delta', ...place, delta: said },
      { type: `response.${event}`, response },
    ]);
    return { stream, whole: response };
  },
  'cohere-chat': (finish_reason) => {
    const content = { type: 'text', text: said };
    const stream = events([
      { type: 'message-start', id: 'c', delta: { message: { role: 'assistant' } } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      { type: 'content-delta', index: 0, delta: { message: { content } } },
      { type: 'message-end', delta: { finish_reason } },
    ]);
    return { stream, whole: { id: 'c', message: { role: 'assistant', content: [content] }, finish_reason } };
  },
  gemini: (finishReason) => {
    const spoken = { content: { parts: [{ text: said }], role: 'model' }, index: 0 };
    const stream = events([{ candidates: [spoken] }, { candidates: [{ finishReason, index: 0 }] }]);
    return { stream, whole: { candidates: [{ ...spoken, finishReason }] } };
  },
  'bedrock-converse': (stopReason) => {
    const stream = Buffer.concat([
      bedrockEvent('messageStart', { role: 'assistant' }),
      bedrockEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: said } }),
      bedrockEvent('contentBlockStop', { contentBlockIndex: 0 }),
      bedrockEvent('messageStop', { stopReason }),
    ]);
    return { stream, whole: { output: { message: { role: 'assistant', content: [{ text: said }] } }, stopReason } };
  },
};

function bedrockEvent(type: string, payload: object): Buffer {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' };
  return createFrameEncoder(headers)(JSON.stringify(payload));
}

function behave(wire: ProtocolName, word: string, stream: boolean): Behaviour {
  const played = plays[wire]!(word);
  const streamType = wire === 'bedrock-converse' ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
  const headers = { 'content-type': stream ? streamType : 'application/json' };
  const bytes = Buffer.from(stream ? played.stream : JSON.stringify(played.whole));
  return { kind: 'raw', base64: bytes.toString('base64'), headers };
}

function failing(wire: ProtocolName, word: string): FailingModel {
  return { wire, fault: nameOf(word), rescue: 'gemini' };
}

/** The word where no blanks may be. */
function nameOf(word: string): string {
  return word.replaceAll(/[: ]+/g, '-');
}

let bench: WireBench;
beforeAll(async () => {
  const models = [...finishes, ...unfinished].map(([wire, word]) => failing(wire, word));
  bench = await startWireBench({ models, behaviours: {} });
  bench.simulator.behave(({ model, stream }) => {
    const [, fault = '', wire = ''] = model.split('.');
    const [, word] = [...finishes, ...unfinished].find(([, word]) => nameOf(word) === fault) ?? [];
    return word === undefined ? { kind: 'answer' } : behave(wire as ProtocolName, word, stream);
  });
});
afterAll(() => bench.stop());

it.each([
  ...finishes.map(([wire, word]) => [wire, word, 'transient'] as const),
  ...unfinished.map(([wire, word]) => [wire, word, 'unfinished'] as const),
])('an answer of %s that ended with %s passed for a whole one', async (wire, word, failure) => {
  const model = modelName(failing(wire, word));
  for (const caller of wireCallers) {
    forgetFailures([bench]);
    const { name } = caller;
    const streamed = await callWire(bench.gateway.url, caller, { model, stream: true });
    const verdict = judgeStream(caller, streamed.body, `${said} answer.`);
    expect({ name, verdict }).toMatchObject({ name, verdict: { kind: 'honest error', text: said } });
    const whole = await callWire(bench.gateway.url, caller, { model, stream: false });
    const trail = whole.headers['x-gateway-attempts'];
    expect({ name, trail }).toEqual({ name, trail: expect.stringMatching(`^\\S+ ${failure} 200, \\S+ ok$`) });
    expect(caller.readAnswer(JSON.parse(whole.body.toString())).text).toBe(answerText(words));
  }
});
