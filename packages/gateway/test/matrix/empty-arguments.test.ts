import { expect, it } from 'vitest';
import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import type { JsonObject } from '../../src/canonical/json.ts';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import type { AnswerContext } from '../../src/protocols/protocol.ts';
import { at } from '../failures/wire-frames.ts';

const decoding = { idSeed: '0123456789abcdef' };
const called = { name: 'now', arguments: '' };
const calls = [{ index: 0, id: 'c1', type: 'function', function: called }];
const item = { type: 'function_call', call_id: 'c1', ...called };

interface Said {
  readonly whole: JsonObject;
  readonly stream: readonly JsonObject[];
}

/** A call of a tool that takes nothing, as some servers say it. */
const answers: readonly (readonly [ProtocolName, Said])[] = [
  [
    'openai-chat',
    {
      whole: { choices: [{ index: 0, message: { tool_calls: calls }, finish_reason: 'tool_calls' }] },
      stream: [
        { choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: null }] },
        { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
      ],
    },
  ],
  [
    'openai-responses',
    {
      whole: { status: 'completed', output: [item] },
      stream: [
        { type: 'response.output_item.added', output_index: 0, item },
        { type: 'response.output_item.done', output_index: 0, item },
        { type: 'response.completed', response: { status: 'completed', output: [item] } },
      ],
    },
  ],
];

function readStream(wire: ProtocolName, stream: readonly JsonObject[]): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = findProtocol(wire).upstream.createStreamDecoder(decoding);
  const take = (event: ChatEvent) => events.push(event);
  for (const event of stream) decoder.read({ name: '', data: Buffer.from(JSON.stringify(event)) }, take);
  decoder.finish(take);
  return events;
}

const body = { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] };

it.each(answers)('a call of %s with an empty text for arguments had none that is JSON', (wire, { whole, stream }) => {
  const asking = findProtocol('cohere-chat').client;
  const request = asking.decodeRequest(body, asking.readFacts(body));
  const context: AnswerContext = { id: 'a', model: 'm', created: 0, includeUsage: true, request, isSse: true };
  const answer = findProtocol(wire).upstream.decodeAnswer(whole, decoding);
  const told = JSON.parse(asking.encodeAnswer(answer, context).toString());
  expect(at(told, 'message', 'tool_calls', 0, 'function', 'arguments')).toBe('{}');
  const events = readStream(wire, stream);
  expect(collectAnswer(events).choices[0]?.parts).toMatchObject([{ type: 'tool-call', name: 'now', arguments: '{}' }]);
});

it('a call of openai-chat that was cut at the limit of its length claims no arguments', () => {
  const [choice] = answers[0]![1].whole['choices'] as JsonObject[];
  const whole = { choices: [{ ...choice, finish_reason: 'length' }] };
  const stream = [answers[0]![1].stream[0]!, { choices: [{ index: 0, delta: {}, finish_reason: 'length' }] }];
  const { decodeAnswer } = findProtocol('openai-chat').upstream;
  for (const answer of [decodeAnswer(whole, decoding), collectAnswer(readStream('openai-chat', stream))]) {
    expect(answer.choices[0]?.parts).toMatchObject([{ arguments: '' }]);
  }
});

it.each(answers)('a call of %s that was cut before its arguments claims none', (wire, { stream }) => {
  const events = readStream(wire, stream.slice(0, 1));
  expect(events.filter(({ type }) => type === 'delta' || type === 'end')).toEqual([]);
});
