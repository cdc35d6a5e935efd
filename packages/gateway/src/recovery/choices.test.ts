import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/fuzz/runs.ts';
import { toldBy } from '../../test/fuzz/told-answer.ts';
import { framesIn, readChunks, writeEvents } from '../../test/fuzz/wire-stream.ts';
import type { ChatEvent } from '../canonical/chat-event.ts';
import { collectAnswer } from '../canonical/collect-answer.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { contextOf, eventsOf, relayed, resume, start } from './recovery.fixture.ts';
import { seamFaults } from './seam-faults.fixture.ts';

const wires = (['openai-chat', 'gemini'] as const).map(findProtocol);
const pairs = wires.flatMap((to) => wires.map((from) => [to.name, from.name, to, from] as const));

/** Two answers at once, in pieces that come in the order that `turns` tells. */
function both(texts: readonly [string, string], turns: readonly number[], size = 2): ChatEvent[] {
  const events: ChatEvent[] = [start];
  const at = [0, 0];
  const indices: number[] = [];
  const add = (choice: number): void => {
    if (at[choice]! >= texts[choice]!.length) return;
    if (at[choice] === 0) {
      indices[choice] = indices.filter((index) => index !== undefined).length;
      events.push({ type: 'part-start', index: indices[choice]!, choice, part: { type: 'text' } });
    }
    const text = texts[choice]!.slice(at[choice], at[choice]! + size);
    events.push({ type: 'delta', index: indices[choice]!, text });
    at[choice]! += size;
  };
  for (const turn of turns) add(turn % 2);
  while (at[0]! < texts[0].length) add(0);
  while (at[1]! < texts[1].length) add(1);
  for (const index of indices) events.push({ type: 'part-end', index });
  for (const choice of [0, 1]) events.push({ type: 'finish', choice, finish: { reason: 'stop', raw: undefined } });
  return [...events, { type: 'usage', usage: { input: 1, output: 2 } }, { type: 'end' }];
}

const words = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 16 });
const turns = fc.array(fc.nat(1), { maxLength: 16 });

describe('several answers at once', () => {
  it.each(pairs)('of %s are completed by %s without a seam', (_to, _from, to, from) => {
    fc.assert(
      fc.property(words, words, turns, turns, (left, right, first, second) => {
        const whole = writeEvents(to, both([left, right], first), contextOf(to));
        const chunks = eventsOf(to, whole);
        const frames = framesIn(from, writeEvents(from, both([left, right], second, 3), contextOf(from)));
        for (let count = 1; count < chunks.length; count++) {
          const sent = chunks.slice(0, count);
          const encoder = relayed(to, sent, 2)!;
          const { output, resumption } = resume({ encoder, protocol: from, frames, choices: 2 });
          expect(resumption.isMismatch).toBe(false);
          const bytes = Buffer.concat([...sent, output]);
          const reading = readChunks(to, [bytes], 2);
          expect(reading.faults).toEqual([]);
          const expected = toldBy(to.name, collectAnswer(readChunks(to, [whole], 2).events));
          expect(toldBy(to.name, collectAnswer(reading.events)).choices).toEqual(expected.choices);
          expect(seamFaults(to.name, framesIn(to, bytes))).toEqual([]);
        }
      }),
      runs(30),
    );
  });

  it.each(pairs)('of %s get nothing of %s when one of them differs', (_to, _from, to, from) => {
    const whole = writeEvents(to, both(['Hello, world', 'Goodbye, world'], [0, 1, 0, 1]), contextOf(to));
    const sent = eventsOf(to, whole).slice(0, to.name === 'gemini' ? 4 : 6);
    const encoder = relayed(to, sent, 2)!;
    expect(encoder.sent!.parts.map(({ choice }) => choice)).toEqual([0, 1]);
    // The first answer is whole before the second begins.
    const events = both(['Hello, world', 'Golden, world'], Array(12).fill(0));
    const frames = framesIn(from, writeEvents(from, events, contextOf(from)));
    const { output, resumption } = resume({ encoder, protocol: from, frames, choices: 2 });
    expect(resumption.isMismatch).toBe(true);
    expect(output).toHaveLength(0);
  });

  it('say the end of each once, though one was told before', () => {
    const [chat] = wires;
    const events = [
      { index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: 'stop' },
      { index: 1, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null },
      { index: 1, delta: { content: 'lo' }, finish_reason: null },
      { index: 1, delta: {}, finish_reason: 'stop' },
    ].map((choice) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] }));
    const chunks = [...events.map((event) => JSON.stringify(event)), '[DONE]'].map((data) =>
      Buffer.from(`data: ${data}\n\n`),
    );
    const frames = framesIn(chat!, Buffer.concat(chunks));
    for (let count = 1; count < chunks.length; count++) {
      const sent = chunks.slice(0, count);
      const { output } = resume({ encoder: relayed(chat!, sent, 2)!, protocol: chat!, frames, choices: 2 });
      const bytes = Buffer.concat([...sent, output]);
      expect(seamFaults('openai-chat', framesIn(chat!, bytes))).toEqual([]);
      const { choices } = collectAnswer(readChunks(chat!, [bytes], 2).events);
      expect(choices.map(({ parts }) => parts)).toEqual([
        [{ type: 'text', text: 'Hi' }],
        [{ type: 'text', text: 'Hello' }],
      ]);
    }
  });
});
