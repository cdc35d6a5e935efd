import type { Behaviour } from '@llm-gateway/simulator';
import { answerText } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { callWire, forgetFailures, modelName, startWireBench, type WireBench, words } from './wire-bench.ts';
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

const events = (list: readonly Readonly<Record<string, unknown>>[]): string =>
  list
    .map(
      (event) =>
        `${event['type'] === undefined ? '' : `event: ${String(event['type'])}\n`}data: ${JSON.stringify(event)}\n\n`,
    )
    .join('');

type Play = (word: string) => { readonly stream: string; readonly whole: object };

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
};

function behave(wire: ProtocolName, word: string, stream: boolean): Behaviour {
  const played = plays[wire]!(word);
  const headers = { 'content-type': stream ? 'text/event-stream' : 'application/json' };
  return { kind: 'raw', bytes: stream ? played.stream : JSON.stringify(played.whole), headers };
}

let bench: WireBench;
beforeAll(async () => {
  const models = finishes.map(([wire, fault]) => ({ wire, fault, rescue: 'gemini' as const }));
  bench = await startWireBench({ models, behaviours: {} });
  bench.simulator.behave(({ model, stream }) => {
    const [, fault = '', wire = ''] = model.split('.');
    return fault === 'answer' ? { kind: 'answer' } : behave(wire as ProtocolName, fault, stream);
  });
});
afterAll(() => bench.stop());

it.each(finishes)('an answer of %s that ended with %s passed for a whole one', async (wire, word) => {
  const model = modelName({ wire, fault: word, rescue: 'gemini' });
  for (const caller of wireCallers) {
    forgetFailures([bench]);
    const { name } = caller;
    const streamed = await callWire(bench.gateway.url, caller, { model, stream: true });
    const verdict = judgeStream(caller, streamed.body, `${said} answer.`);
    expect({ name, verdict }).toMatchObject({ name, verdict: { kind: 'honest error', text: said } });
    const whole = await callWire(bench.gateway.url, caller, { model, stream: false });
    const trail = whole.headers['x-gateway-attempts'];
    expect({ name, trail }).toEqual({ name, trail: expect.stringMatching(/^\S+ transient 200, \S+ ok$/) });
    expect(caller.readAnswer(JSON.parse(whole.body.toString())).text).toBe(answerText(words));
  }
});
