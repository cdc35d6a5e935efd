import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patience, runs } from '../../test/fuzz/runs.ts';
import { framesIn, readChunks, writeEvents } from '../../test/fuzz/wire-stream.ts';
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
  plainScripts,
  played,
  relayed,
  resume,
} from './recovery.fixture.ts';

/** The same answer, but for something that was sent of it: undefined when there is nothing. */
function altered(scripts: readonly PartScript[], sent: number, place: number): PartScript[] | undefined {
  let left = sent;
  for (const [index, { head, text }] of scripts.entries()) {
    if (head.type === 'reasoning') continue;
    const reach = Math.min(left, text.length);
    if (left <= 0) return undefined;
    if (head.type === 'tool-call')
      return [...scripts.slice(0, index), { head: { ...head, name: `${head.name}2` }, text }];
    if (place < reach || reach < text.length) {
      const at = place % reach;
      const changed = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
      return [...scripts.slice(0, index), { head, text: changed }, ...scripts.slice(index + 1)];
    }
    left -= reach;
  }
  return undefined;
}

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))('an answer to %s', (_name, to) => {
  it(
    'is not gone on with by one that differs, of which nothing goes out',
    () => {
      fc.assert(
        fc.property(
          plainScripts(),
          fc.nat(200),
          fc.nat(60),
          fc.constantFrom(...protocolNames),
          (scripts, cut, place, name) => {
            const whole = writeEvents(to, played(scripts, { size: 1 }), contextOf(to));
            const chunks = eventsOf(to, whole);
            const sent = chunks.slice(0, 1 + (cut % (chunks.length - 1)));
            const encoder = relayed(to, sent)!;
            const said = encoder.sent!.parts.filter(({ head }) => head.type !== 'reasoning');
            const length = said.reduce((sum, { text, head }) => sum + text.length + (head.type === 'text' ? 0 : 1), 0);
            const different = altered(scripts, length, place);
            fc.pre(different !== undefined);
            const protocol = findProtocol(name);
            const attempt = resume({
              encoder,
              protocol,
              frames: framesOf(protocol, played(different!, { begin: otherStart })),
            });
            expect(attempt.resumption.isMismatch).toBe(true);
            expect(attempt.output.toString()).toBe('');
            // Yet another attempt may still complete it.
            const { output } = resume({ encoder, protocol: to, frames: framesIn(to, whole) });
            const reading = readChunks(to, [...sent, output]);
            expect(collectAnswer(reading.events).choices).toEqual(
              collectAnswer(readChunks(to, [whole]).events).choices,
            );
          },
        ),
        runs(60),
      );
    },
    patience(30_000),
  );
});

const text = (said: string): PartScript => ({ head: { type: 'text' }, text: said });
const call = (name: string, said: string, kind: 'function' | 'custom' = 'function'): PartScript => ({
  head: { type: 'tool-call', id: 'call_1', name, kind },
  text: said,
});
const chat = findProtocol('openai-chat');

/** Lets a second answer go on with the first after so many of its events. */
function goOn(first: readonly PartScript[], count: number, second: readonly PartScript[]) {
  const sent = eventsOf(chat, writeEvents(chat, played(first), contextOf(chat))).slice(0, count);
  const frames = framesOf(chat, played(second, { begin: otherStart }));
  return resume({ encoder: relayed(chat, sent)!, protocol: chat, frames });
}

describe('an attempt is another answer', () => {
  it.each<[string, readonly PartScript[], number, readonly PartScript[]]>([
    ['when it is shorter', [text('Hello, world.')], 3, [text('Hello')]],
    ['when it calls where the other spoke', [text('Hello, world.')], 2, [call('f', '{}')]],
    ['when it speaks where the other called', [call('f', '{"a":1}')], 1, [text('Hello')]],
    ['when it calls another function', [call('f', '{"a":1}')], 1, [call('g', '{"a":1}')]],
    ['when it calls with other arguments', [call('f', '{"a":1}')], 2, [call('f', '{"a":2}')]],
    ['when it calls with fewer arguments', [call('f', '{"a":1,"b":2}')], 3, [call('f', '{"a":1}')]],
    ['when it calls once where there were two', [call('f', '{}'), call('f', '{}')], 4, [call('f', '{}')]],
    ['when a call takes another kind of input', [call('f', 'abc', 'custom')], 1, [call('f', '"abc"')]],
  ])('%s', (_name, first, count, second) => {
    const { output, resumption } = goOn(first, count, second);
    expect(resumption.isMismatch).toBe(true);
    expect(resumption.hasNew).toBe(false);
    expect(output).toHaveLength(0);
  });

  it('when it goes on where the caller was told of an end', () => {
    const { output, resumption } = goOn([text('Hello')], 3, [text('Hello, world.')]);
    expect(resumption.isMismatch).toBe(true);
    expect(output).toHaveLength(0);
  });

  it('not when only the white space of its arguments differs', () => {
    const { output, resumption } = goOn([call('f', '{"a":1,"b":[2]}')], 2, [call('f', '{ "a" : 1,\n "b": [ 2 ] }')]);
    expect(resumption.isMismatch).toBe(false);
    expect(output.toString()).toContain('"finish_reason":"tool_calls"');
  });
});
