import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patience, runs } from '../../test/fuzz/runs.ts';
import { framesIn, readChunks, writeEvents } from '../../test/fuzz/wire-stream.ts';
import type { ChatEvent } from '../canonical/chat-event.ts';
import { collectAnswer } from '../canonical/collect-answer.ts';
import { protocolNames } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { protocols } from '../protocols/registry.gen.ts';
import {
  contextOf,
  eventsOf,
  framesOf,
  otherStart,
  type PartScript,
  played,
  relayed,
  resume,
} from './recovery.fixture.ts';
import { seamFaults } from './seam-faults.fixture.ts';
import { sentText } from './sent-answer.ts';

const text = (said: string): PartScript => ({ head: { type: 'text' }, text: said });
const thought = (said: string): PartScript => ({ head: { type: 'reasoning' }, text: said });
const call: PartScript = { head: { type: 'tool-call', id: 'call_9', name: 'f', kind: 'function' }, text: '{"a":1}' };
const chat = findProtocol('openai-chat');

/** What a caller has of a text of which only the beginning came, and what an attempt then adds. */
function goOn(beginning: string, second: readonly PartScript[], size = 7, repeatsBeginning = false) {
  const whole = writeEvents(chat, played([text(beginning)], { size: 1_000 }), contextOf(chat));
  const sent = eventsOf(chat, whole).slice(0, 2);
  const frames = framesOf(chat, played(second, { begin: otherStart, size }));
  const attempt = resume({ encoder: relayed(chat, sent)!, protocol: chat, frames, mode: 'continue', repeatsBeginning });
  const { choices } = collectAnswer(readChunks(chat, [...sent, attempt.output]).events);
  return { ...attempt, parts: choices[0]!.parts };
}

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((said) => said === said.trim());

describe('a continuation', () => {
  it.each(protocols.map((protocol) => [protocol.name, protocol] as const))(
    'is added to what was sent on %s, character by character',
    (_name, to) => {
      fc.assert(
        fc.property(words, words, fc.constantFrom(...protocolNames), fc.nat(20), (first, second, name, cut) => {
          const whole = writeEvents(to, played([text(`${first} and more of it`)], { size: 2 }), contextOf(to));
          const chunks = eventsOf(to, whole);
          const sent = chunks.slice(0, 1 + (cut % (chunks.length - 1)));
          const encoder = relayed(to, sent)!;
          fc.pre(encoder.sent!.finishes.size === 0 && sentText(encoder.sent!).trim() !== '');
          const said = sentText(encoder.sent!);
          fc.pre(!said.startsWith(second) && !second.startsWith(said));
          const protocol = findProtocol(name);
          const frames = framesOf(protocol, played([text(second)], { begin: otherStart, size: 3 }));
          const { output, resumption } = resume({ encoder, protocol, frames, mode: 'continue' });
          expect(resumption.isMismatch).toBe(false);
          const bytes = Buffer.concat([...sent, output]);
          const reading = readChunks(to, [bytes]);
          expect(reading.faults).toEqual([]);
          const answer = collectAnswer(reading.events);
          const texts = answer.choices[0]!.parts.map((part) => (part.type === 'text' ? part.text : ''));
          expect(texts.join('')).toBe(said + second);
          expect(answer.choices[0]!.finish.reason).toBe('stop');
          expect(seamFaults(to.name, framesIn(to, bytes))).toEqual([]);
        }),
        runs(40),
      );
    },
    patience(30_000),
  );

  it.each([
    ['repeated', 'Hello ', ' world', 'Hello world'],
    ['left out', 'Hello ', 'world', 'Hello world'],
    ['repeated in part', 'Hello\n\n', '\nworld', 'Hello\n\nworld'],
    ['repeated and followed by more', 'Hello\n', '\n\nworld', 'Hello\n\nworld'],
    ['other', 'Hello ', '\nworld', 'Hello \nworld'],
    ['overlapping', 'Hello \n', '\n  world', 'Hello \n  world'],
    ['not there', 'Hello', ' world', 'Hello world'],
    ['all there is', 'Hello ', ' ', 'Hello '],
  ])('drops white space that is %s', (_name, beginning, more, expected) => {
    for (const size of [1, 2, 50]) {
      const { parts } = goOn(beginning, [text(more)], size);
      expect(parts).toEqual([{ type: 'text', text: expected }]);
    }
  });

  it('may be nothing at all', () => {
    const { output, parts } = goOn('That was all.', []);
    expect(parts).toEqual([{ type: 'text', text: 'That was all.' }]);
    expect(output.toString()).toContain('"finish_reason":"stop"');
  });

  it('leaves out what is thought, and calls behind the text', () => {
    const { parts } = goOn('I look', [thought('Where was I?'), text(' it up.'), call]);
    expect(parts).toEqual([
      { type: 'text', text: 'I look it up.' },
      { type: 'tool-call', id: 'call_9', name: 'f', kind: 'function', arguments: '{"a":1}' },
    ]);
  });

  it('may call at once', () => {
    const { parts } = goOn('I look.', [call]);
    expect(parts.map(({ type }) => type)).toEqual(['text', 'tool-call']);
  });

  it('is compared when it repeats the beginning', () => {
    const beginning = 'The quick brown fox jumps over';
    const { parts, resumption } = goOn(beginning, [text(`${beginning} the lazy dog.`)]);
    expect(resumption.isMismatch).toBe(false);
    expect(parts).toEqual([{ type: 'text', text: `${beginning} the lazy dog.` }]);
    const other = goOn(beginning, [text('The quick brown fox jumps under the lazy dog.')]);
    expect(other.resumption.isMismatch).toBe(true);
    expect(other.output).toHaveLength(0);
  });

  it.each([
    ['Hello, ', 'Hello, world', 'Hello, world'],
    ['Hello, ', 'Hello,world', 'Hello, world'],
    ['Hi', 'Hi', 'Hi'],
    ['Hi', ' there', 'Hi there'],
    ['The quick brown fox jumps  \n', 'The quick brown fox jumps\nover', 'The quick brown fox jumps  \nover'],
  ])('of %s is compared however short that is, where it is known to be repeated', (beginning, more, expected) => {
    for (const size of [1, 3, 50]) {
      const { parts, resumption } = goOn(beginning, [text(more)], size, true);
      expect(resumption.isMismatch).toBe(false);
      expect(parts).toEqual([{ type: 'text', text: expected }]);
    }
  });

  it('is another answer when it ends, or calls, before it has repeated the beginning', () => {
    const beginning = 'The quick brown fox jumps over';
    for (const second of [[text('The quick brown fox jumps')], [text('The quick brown fox jumps'), call]]) {
      const { output, resumption } = goOn(beginning, second);
      expect(resumption.isMismatch).toBe(true);
      expect(output).toHaveLength(0);
    }
  });

  it('is none that repeats the beginning when too little of it is the same', () => {
    const { parts } = goOn('ha ha ha, I am telling you', [text('ha ha ha!')]);
    expect(parts).toEqual([{ type: 'text', text: 'ha ha ha, I am telling youha ha ha!' }]);
    // A short beginning is never taken for repeated.
    expect(goOn('ha', [text('ha')]).parts).toEqual([{ type: 'text', text: 'haha' }]);
  });

  it('tells places of citations in the whole answer', () => {
    const cited: ChatEvent[] = [
      otherStart,
      { type: 'part-start', index: 0, choice: 0, part: { type: 'text' } },
      { type: 'delta', index: 0, text: ' world' },
      {
        type: 'citation',
        index: 0,
        citation: { url: 'https://example.com', start: 1, end: 6, origin: 'openai-chat', raw: {} },
      },
      { type: 'part-end', index: 0 },
      { type: 'finish', choice: 0, finish: { reason: 'stop', raw: 'stop' } },
      { type: 'end' },
    ];
    const sent = eventsOf(chat, writeEvents(chat, played([text('Hello')]), contextOf(chat))).slice(0, 2);
    const frames = framesIn(chat, writeEvents(chat, cited, contextOf(chat)));
    const { output } = resume({ encoder: relayed(chat, sent)!, protocol: chat, frames, mode: 'continue' });
    expect(output.toString()).toContain('"start_index":6,"end_index":11');
  });

  it('is not begun before it is known what it is', () => {
    const beginning = 'The quick brown fox jumps over';
    const sent = eventsOf(chat, writeEvents(chat, played([text(beginning)], { size: 99 }), contextOf(chat))).slice(
      0,
      2,
    );
    const frames = framesOf(chat, played([text('The quick brown cat')], { size: 1 }));
    const encoder = relayed(chat, sent)!;
    const waiting = resume({ encoder, protocol: chat, frames: frames.slice(0, 15), mode: 'continue', isEnded: false });
    expect(waiting.resumption.hasNew).toBe(false);
    expect(waiting.output).toHaveLength(0);
  });
});
