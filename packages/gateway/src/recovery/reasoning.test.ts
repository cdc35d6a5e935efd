import { describe, expect, it } from 'vitest';
import { bodyOf, framesIn, readChunks, writeEvents } from '../../test/fuzz/wire-stream.ts';
import type { ChatEvent } from '../canonical/chat-event.ts';
import { collectAnswer } from '../canonical/collect-answer.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { contextOf, eventsOf, framesOf, type PartScript, played, relayed, resume } from './recovery.fixture.ts';

const anthropic = findProtocol('anthropic-messages');
const chat = findProtocol('openai-chat');
const thought = (text: string): PartScript => ({ head: { type: 'reasoning' }, text });
const text = (said: string): PartScript => ({ head: { type: 'text' }, text: said });
const call: PartScript = { head: { type: 'tool-call', id: 'call_1', name: 'f', kind: 'function' }, text: '{}' };

/** Lets a second answer go on with the first after so many of its events; the parts that the caller gets. */
function goOn(first: readonly ChatEvent[], count: number, second: readonly ChatEvent[], protocol = anthropic) {
  const sent = eventsOf(protocol, writeEvents(protocol, first, contextOf(protocol))).slice(0, count);
  const frames = framesIn(protocol, writeEvents(protocol, second, contextOf(protocol)));
  const { output, resumption } = resume({ encoder: relayed(protocol, sent)!, protocol, frames });
  expect(resumption.isMismatch).toBe(false);
  const bytes = Buffer.concat([...sent, output]);
  return { parts: collectAnswer(readChunks(protocol, [bytes]).events).choices[0]!.parts, bytes, output };
}

function signed(scripts: readonly PartScript[], value: string): ChatEvent[] {
  return played(scripts).flatMap((event): ChatEvent[] =>
    event.type === 'part-end' && scripts[event.index]?.head.type === 'reasoning'
      ? [{ type: 'signature', index: event.index, signature: { origin: 'anthropic-messages', value } }, event]
      : [event],
  );
}

describe('reasoning that was sent', () => {
  const whole = [thought('First this, then that.'), text('Done.')];

  it('goes on where another attempt thinks the same, and is signed by that', () => {
    const { parts } = goOn(signed(whole, 'b25l'), 4, signed(whole, 'dHdv'));
    expect(parts).toMatchObject([
      { type: 'reasoning', text: 'First this, then that.', signature: { value: 'dHdv' } },
      { type: 'text', text: 'Done.' },
    ]);
  });

  it('stays as it is where another attempt thinks otherwise, whose text follows', () => {
    const { parts } = goOn(signed(whole, 'b25l'), 3, signed([thought('I know.'), text('Done.')], 'dHdv'));
    expect(parts).toEqual([
      { type: 'reasoning', text: 'First t' },
      { type: 'text', text: 'Done.' },
    ]);
  });

  it('stays as it is where another attempt thinks less, or not at all', () => {
    for (const second of [[thought('First'), text('Done.')], [text('Done.')], [call]]) {
      const { parts } = goOn(signed(whole, 'b25l'), 4, played(second));
      expect(parts[0]).toEqual({ type: 'reasoning', text: 'First this, th' });
      expect(parts[1]?.type).toBe(second.at(-1)!.head.type);
    }
  });

  it('keeps its own token once that was sent, whatever another attempt thinks', () => {
    const events = eventsOf(anthropic, writeEvents(anthropic, signed(whole, 'b25l'), contextOf(anthropic)));
    const count = 1 + events.findIndex((event) => event.toString().includes('signature_delta'));
    const { parts } = goOn(signed(whole, 'b25l'), count, signed([thought('I know.'), text('Done.')], 'dHdv'));
    expect(parts).toMatchObject([{ signature: { value: 'b25l' } }, { type: 'text', text: 'Done.' }]);
  });

  it('is not followed by reasoning of another attempt before a text that was begun', () => {
    const { parts } = goOn(played(whole), 8, played([thought('Otherwise.'), ...whole.slice(1)]));
    expect(parts).toEqual([
      { type: 'reasoning', text: 'First this, then that.' },
      { type: 'text', text: 'Done.' },
    ]);
  });

  it('is followed by what is thought behind all that was sent', () => {
    const { parts } = goOn(played([text('Wait.')]), 3, signed([text('Wait.'), thought('Hm.'), text('Yes.')], 'dHdv'));
    expect(parts).toMatchObject([{ text: 'Wait.' }, { type: 'reasoning', text: 'Hm.' }, { text: 'Yes.' }]);
  });
});

describe('reasoning that ends unsigned', () => {
  it.each(['anthropic-messages', 'bedrock-converse'] as const)('is not sent back to a model over %s', (name) => {
    const protocol = findProtocol(name);
    const { parts } = goOn(
      played([thought('First this'), text('Done.')]),
      name === 'bedrock-converse' ? 2 : 3,
      played([text('Done.')]),
      protocol,
    );
    const answer = { id: 'a', model: 'm', created: 1, serviceTier: undefined, usage: undefined };
    const finish = { reason: 'stop', raw: undefined } as const;
    const whole = { ...answer, choices: [{ index: 0, parts, finish, logprobs: undefined }] };
    const turn = bodyOf(protocol.client.encodeAnswer(whole, contextOf(protocol)).toString());
    const said =
      name === 'bedrock-converse'
        ? (turn['output'] as { message: object }).message
        : { role: 'assistant', content: turn['content'] };
    const user = (words: string) => ({
      role: 'user',
      content: [name === 'bedrock-converse' ? { text: words } : { type: 'text', text: words }],
    });
    const body = bodyOf(JSON.stringify({ messages: [user('Hi'), said, user('Go on')] }));
    // The mark by which the gateway knows that such a conversation cannot be relayed as it is.
    const marks = protocol.client.foreignMarks.filter((mark) => JSON.stringify(body).includes(mark));
    expect(marks).not.toEqual([]);
    const request = protocol.client.decodeRequest(body, protocol.client.readFacts(body));
    const context = { model: 'claude-sonnet-4-5', quirks: {}, defaultMaxOutputTokens: 100 };
    const sent = protocol.upstream.encodeRequest({ ...request, origin: 'openai-chat' }, context).toString();
    expect(sent).toContain('Done.');
    expect(sent).not.toContain('First t');
  });
});

describe('other wires', () => {
  it('go on with reasoning as well', () => {
    const { parts } = goOn(
      played([thought('Let me see.'), text('Yes.')]),
      2,
      played([thought('Let me see.'), text('Yes.')]),
      chat,
    );
    expect(parts).toEqual([
      { type: 'reasoning', text: 'Let me see.' },
      { type: 'text', text: 'Yes.' },
    ]);
    expect(framesOf(chat, played([text('Yes.')]))).not.toHaveLength(0);
  });
});
