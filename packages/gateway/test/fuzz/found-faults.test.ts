import { describe, expect, it } from 'vitest';
import type { ChatEvent, PartHead } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import type { Part, Signature } from '../../src/canonical/conversation.ts';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import { orderFaults } from './event-order.ts';
import { requestSeeds } from './request-seeds.ts';
import { answerContext, bodyOf, idSeed, readChunks, readFrames, writeEvents } from './wire-stream.ts';

// What the properties of this folder have found, each in its smallest form.

const start: ChatEvent = { type: 'start', id: 'a', model: 'm', created: 1, serviceTier: undefined };
const ending: readonly ChatEvent[] = [
  { type: 'finish', choice: 0, finish: { reason: 'stop', raw: undefined } },
  { type: 'end' },
];

function contextOf(wire: ProtocolName) {
  const { client } = findProtocol(wire);
  const body = bodyOf(JSON.stringify(requestSeeds[wire]));
  return answerContext(client.decodeRequest(body, client.readFacts(body)));
}

/** Events written by a wire and read by it again. */
function toldBy(wire: ProtocolName, events: readonly ChatEvent[]): readonly ChatEvent[] {
  const protocol = findProtocol(wire);
  return readChunks(protocol, [writeEvents(protocol, events, contextOf(wire))]).events;
}

function partsOf(events: readonly ChatEvent[]): readonly Part[] | undefined {
  return collectAnswer(events).choices[0]?.parts;
}

describe('free text of a custom call becomes the only argument where tools take objects', () => {
  const head: PartHead = { type: 'tool-call', id: 'call_1', name: 'run', kind: 'custom' };
  const events: ChatEvent[] = [
    start,
    { type: 'part-start', index: 0, choice: 0, part: head },
    { type: 'delta', index: 0, text: '{"a":' },
    { type: 'delta', index: 0, text: '1}' },
    { type: 'part-end', index: 0 },
    ...ending,
  ];
  const expected = [expect.objectContaining({ type: 'tool-call', arguments: '{"input":"{\\"a\\":1}"}' })];

  it.each(['gemini', 'cohere-chat', 'anthropic-messages', 'bedrock-converse'] as const)('in streams of %s', (wire) => {
    expect(partsOf(toldBy(wire, events))).toEqual(expected);
  });

  it.each(['gemini', 'cohere-chat', 'anthropic-messages', 'bedrock-converse'] as const)('in answers of %s', (wire) => {
    const { client, upstream } = findProtocol(wire);
    const body = client.encodeAnswer(collectAnswer(events), contextOf(wire)).toString('utf8');
    expect(upstream.decodeAnswer(bodyOf(body), { idSeed }).choices[0]?.parts).toEqual(expected);
  });
});

it('the last usage counts on anthropic-messages, though it tells less reasoning than an earlier one', () => {
  const events = toldBy('anthropic-messages', [
    start,
    { type: 'usage', usage: { input: 1, output: 2, reasoning: 2 } },
    ...ending.slice(0, 1),
    { type: 'usage', usage: { input: 1, output: 3 } },
    ...ending.slice(1),
  ]);
  expect(collectAnswer(events).usage).toEqual({ input: 1, output: 3 });
});

describe('the token of a text without words keeps away from the call before it, on bedrock-converse', () => {
  const signed = (value: string): Signature => ({ origin: 'gemini', value });
  const answer: readonly ChatEvent[] = [
    start,
    { type: 'part-start', index: 0, choice: 0, part: { type: 'tool-call', id: 'c', name: 'f', kind: 'function' } },
    { type: 'delta', index: 0, text: '{}' },
    { type: 'signature', index: 0, signature: signed('AAAA') },
    { type: 'part-end', index: 0 },
    { type: 'part-start', index: 1, choice: 0, part: { type: 'text' } },
    { type: 'signature', index: 1, signature: signed('BBBB') },
    { type: 'part-end', index: 1 },
    ...ending,
  ];
  const expected = [
    expect.objectContaining({ type: 'tool-call', signature: signed('AAAA') }),
    { type: 'text', text: '', signature: signed('BBBB') },
  ];

  it('in a stream', () => {
    const events = toldBy('bedrock-converse', answer);
    expect(orderFaults(events)).toEqual([]);
    expect(partsOf(events)).toEqual(expected);
  });

  it('in a conversation', () => {
    const { client } = findProtocol('bedrock-converse');
    const spoken = answer.toSpliced(6, 0, { type: 'delta', index: 1, text: 'Well.' });
    const said = bodyOf(client.encodeAnswer(collectAnswer(spoken), contextOf('bedrock-converse')).toString('utf8'));
    const { message } = said['output'] as { message: { content: { text?: string }[] } };
    const content = message.content.filter(({ text }) => text === undefined);
    const body = {
      messages: [
        { role: 'user', content: [{ text: 'Hi' }] },
        { role: 'assistant', content },
      ],
    };
    expect(client.decodeRequest(body, client.readFacts(body)).turns[1]?.parts).toEqual(expected);
  });
});

it('reasoning in numberless details may repeat itself, on openai-chat', () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    name: '',
    data: JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason }] }),
  });
  const thought = (text: string) => chunk({ reasoning_details: [{ type: 'reasoning.text', text }] });
  const frames = [thought('ha'), thought('ha'), thought(', a'), chunk({ content: 'Yes.' }), chunk({}, 'stop')];
  expect(partsOf(readFrames(findProtocol('openai-chat'), frames))).toEqual([
    { type: 'reasoning', text: 'haha, a' },
    { type: 'text', text: 'Yes.' },
  ]);
});
