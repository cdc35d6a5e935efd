import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patience, runs } from '../../test/fuzz/runs.ts';
import { toldBy } from '../../test/fuzz/told-answer.ts';
import { framesIn, readChunks, writeEvents } from '../../test/fuzz/wire-stream.ts';
import { collectAnswer } from '../canonical/collect-answer.ts';
import { protocolNames } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { protocols } from '../protocols/registry.gen.ts';
import {
  contextOf,
  eventsOf,
  framesOf,
  otherStart,
  plainScripts,
  played,
  relayed,
  resume,
  translated,
} from './recovery.fixture.ts';
import { seamFaults } from './seam-faults.fixture.ts';

const pairs = protocols.flatMap((to) => protocols.map((from) => [to.name, from.name, to, from] as const));

describe('a relayed stream that breaks off after any event', () => {
  it.each(pairs)(
    'of %s is completed by %s without a seam',
    (_to, _from, to, from) => {
      fc.assert(
        fc.property(plainScripts(), fc.integer({ min: 1, max: 9 }), (scripts, size) => {
          const whole = writeEvents(to, played(scripts), contextOf(to));
          const chunks = eventsOf(to, whole);
          const frames = framesOf(from, played(scripts, { size, begin: otherStart }));
          for (let count = 1; count < chunks.length; count++) {
            const sent = chunks.slice(0, count);
            const encoder = relayed(to, sent)!;
            expect(encoder).toBeDefined();
            const { output, resumption } = resume({ encoder, protocol: from, frames });
            expect(resumption.isMismatch).toBe(false);
            expectSame(to, Buffer.concat([...sent, output]), whole);
          }
        }),
        runs(5),
      );
    },
    patience(30_000),
  );
});

it('goes on in a text that had begun without words, and makes no other of it', () => {
  const to = findProtocol('anthropic-messages');
  const script = (text: string) => ({ head: { type: 'text' as const }, text });
  const whole = writeEvents(to, played([script('Hello.'), script('Well?')]), contextOf(to));
  const chunks = eventsOf(to, whole);
  const begun = chunks.findIndex((chunk) => chunk.includes('"content_block_start","index":1'));
  const sent = chunks.slice(0, begun + 1);
  const { output } = resume({ encoder: relayed(to, sent)!, protocol: to, frames: framesIn(to, whole) });
  expect(Buffer.concat([...sent, output]).toString()).not.toContain('"index":2');
  expectSame(to, Buffer.concat([...sent, output]), whole);
});

describe('a translated stream that breaks off after any event', () => {
  it.each(pairs)(
    'to %s from %s is completed by any wire without a seam',
    (_to, _from, to, from) => {
      fc.assert(
        fc.property(plainScripts(), fc.constantFrom(...protocolNames), (scripts, name) => {
          const told = framesOf(from, played(scripts));
          const { bytes: whole } = translated({ from, to }, told, true);
          const protocol = findProtocol(name);
          const frames = framesOf(protocol, played(scripts, { size: 3, begin: otherStart }));
          for (let count = 1; count < told.length; count++) {
            const { encoder, bytes } = translated({ from, to }, told.slice(0, count));
            if (encoder.sent!.hasEnded) continue;
            const { output, resumption } = resume({ encoder, protocol, frames });
            expect(resumption.isMismatch).toBe(false);
            expectSame(to, Buffer.concat([bytes, output]), whole);
          }
        }),
        runs(5),
      );
    },
    patience(30_000),
  );
});

describe('a stream that breaks off again and again', () => {
  it.each(protocols.map((protocol) => [protocol.name, protocol] as const))(
    'of %s is completed by the last attempt',
    (_name, to) => {
      fc.assert(
        fc.property(
          plainScripts(),
          fc.array(fc.tuple(fc.constantFrom(...protocolNames), fc.nat(40)), { minLength: 1, maxLength: 4 }),
          fc.nat(40),
          (scripts, attempts, place) => {
            const whole = writeEvents(to, played(scripts), contextOf(to));
            const chunks = eventsOf(to, whole);
            const sent = chunks.slice(0, 1 + (place % (chunks.length - 1)));
            const encoder = relayed(to, sent)!;
            const bytes = [...sent];
            for (const [name, cut] of attempts) {
              const protocol = findProtocol(name);
              const frames = framesOf(protocol, played(scripts, { size: 4, begin: otherStart }));
              const some = frames.slice(0, cut % frames.length);
              const { output, resumption } = resume({ encoder, protocol, frames: some, isEnded: false });
              expect(resumption.isMismatch).toBe(false);
              bytes.push(output);
            }
            if (!encoder.sent!.hasEnded)
              bytes.push(resume({ encoder, protocol: to, frames: framesIn(to, whole) }).output);
            expectSame(to, Buffer.concat(bytes), whole);
          },
        ),
        runs(40),
      );
    },
    patience(30_000),
  );
});

describe('a stream in one JSON array', () => {
  it('goes on with its commas and ends with its bracket', () => {
    const to = findProtocol('gemini');
    const context = { ...contextOf(to), isSse: false };
    fc.assert(
      fc.property(plainScripts(), fc.constantFrom(...protocolNames), (scripts, name) => {
        const protocol = findProtocol(name);
        const told = framesOf(protocol, played(scripts));
        const whole = translated({ from: protocol, to, context }, told, true).bytes;
        for (let count = 1; count < told.length; count++) {
          const { encoder, bytes } = translated({ from: protocol, to, context }, told.slice(0, count));
          if (encoder.sent!.hasEnded) continue;
          const { output } = resume({ encoder, protocol, frames: told });
          const chunks: unknown = JSON.parse(Buffer.concat([bytes, output]).toString());
          expect(chunks).toHaveLength((JSON.parse(whole.toString()) as unknown[]).length);
        }
      }),
      runs(20),
    );
  });
});

function expectSame(protocol: Protocol, bytes: Buffer, whole: Buffer): void {
  const reading = readChunks(protocol, [bytes]);
  expect(reading.thrown).toBeUndefined();
  expect(reading.faults).toEqual([]);
  expect(reading.events.at(-1)).toEqual({ type: 'end' });
  const expected = collectAnswer(readChunks(protocol, [whole]).events);
  const told = collectAnswer(reading.events);
  expect(toldBy(protocol.name, told).choices).toEqual(toldBy(protocol.name, expected).choices);
  expect([told.id, told.model, told.created]).toEqual([expected.id, expected.model, expected.created]);
  expect(told.usage?.output).toBe(expected.usage?.output);
  expect(seamFaults(protocol.name, framesIn(protocol, bytes))).toEqual([]);
}
