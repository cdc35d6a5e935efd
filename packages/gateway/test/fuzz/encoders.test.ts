import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatAnswer } from '../../src/canonical/chat-answer.ts';
import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import { collectAnswer } from '../../src/canonical/collect-answer.ts';
import { protocolNames } from '../../src/canonical/protocol-name.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import type { AnswerContext, Protocol } from '../../src/protocols/protocol.ts';
import { protocols } from '../../src/protocols/registry.gen.ts';
import { orderFaults } from './event-order.ts';
import { legalEvents } from './legal-events.fixture.ts';
import { recordedSeeds } from './recorded-seeds.ts';
import { requestSeeds } from './request-seeds.ts';
import { patience, runs } from './runs.ts';
import { signaturesToldBy, type ToldAnswer, toldBy } from './told-answer.ts';
import { answerContext, bodyOf, cutAt, idSeed, readChunks, writeEvents } from './wire-stream.ts';

const recorded = recordedSeeds();
const pairs = protocols.flatMap((from) => protocols.map((to) => [`${from.name} → ${to.name}`, from, to] as const));
const anyEvents = legalEvents({ choices: 3, origins: protocolNames });
const cuts = fc.array(fc.nat(1 << 20), { maxLength: 6 });

describe('any legal sequence of events', () => {
  it('keeps the promised order, as the generator claims', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        expect(orderFaults(events)).toEqual([]);
      }),
      runs(300),
    );
  });

  it.each(protocols.map((protocol) => [protocol.name, protocol] as const))(
    'is written and read again on %s',
    (_name, protocol) => {
      fc.assert(
        fc.property(anyEvents, cuts, (events, places) => {
          expectSame(protocol, events, places);
        }),
        runs(1_000),
      );
    },
    patience(30_000),
  );

  it.each(protocols.map((protocol) => [protocol.name, protocol] as const))(
    'has no end on %s before it is over',
    (_name, protocol) => {
      fc.assert(
        fc.property(anyEvents, fc.nat(), (events, place) => {
          const told = events.slice(0, place % events.length);
          const reading = readChunks(protocol, [writeEvents(protocol, told, contextOf(protocol))], choicesIn(events));
          expect(reading.thrown).toBeUndefined();
          expect(reading.faults).toEqual([]);
          // Behind a finish some wires have nothing that an answer would need to be whole.
          if (!told.some(({ type }) => type === 'finish')) expect(reading.events).not.toContainEqual({ type: 'end' });
        }),
        runs(300),
      );
    },
    patience(30_000),
  );
});

describe('a stream of one wire, told on another', () => {
  it.each(pairs)(
    '%s',
    (_name, from, to) => {
      fc.assert(
        fc.property(anyEvents, cuts, (events, places) => {
          const bytes = writeEvents(from, events, contextOf(from));
          const { events: read, faults } = readChunks(from, [bytes], choicesIn(events));
          expect(faults).toEqual([]);
          expectSame(to, read, places);
        }),
        runs(150),
      );
      for (const stream of recorded[from.name].streams) {
        const reading = readChunks(from, [stream]);
        if (reading.events.at(-1)?.type === 'end') expectSame(to, reading.events, [7, 4_000]);
      }
    },
    patience(60_000),
  );
});

/** What is written is read as what was told, as far as the wire can tell it. */
function expectSame(protocol: Protocol, events: readonly ChatEvent[], places: readonly number[]): void {
  const bytes = writeEvents(protocol, events, contextOf(protocol));
  const reading = readChunks(protocol, cutAt(bytes, places), choicesIn(events));
  expect(reading.thrown).toBeUndefined();
  expect(reading.faults).toEqual([]);
  expect(reading.events.at(-1)).toEqual({ type: 'end' });
  const given = collectAnswer(events);
  const expected = toldBy(protocol.name, given);
  const told = toldBy(protocol.name, collectAnswer(reading.events));
  expect(told.choices).toEqual(expected.choices);
  if (expected.usage) expect(told.usage).toEqual(expected.usage);
  const signatures = signaturesToldBy(protocol.name, collectAnswer(reading.events));
  // Tokens of texts and calls come among the thoughts where a wire has no other place for them.
  expect(signatures).toEqual(expect.arrayContaining([...signaturesToldBy(protocol.name, given)]));
  expectSameAtOnce(protocol, given);
}

/** The same of an answer that is written at once. */
function expectSameAtOnce(protocol: Protocol, given: ChatAnswer): void {
  const body = protocol.client.encodeAnswer(given, contextOf(protocol));
  const read = protocol.upstream.decodeAnswer(bodyOf(body.toString('utf8')), { idSeed, choices: given.choices.length });
  const expected = toldBy(protocol.name, given);
  const told = toldBy(protocol.name, read);
  expect(told.choices.map(unordered)).toEqual(expected.choices.map(unordered));
  if (expected.usage) expect(told.usage).toEqual(expected.usage);
  expect(signaturesToldBy(protocol.name, read)).toEqual(
    expect.arrayContaining([...signaturesToldBy(protocol.name, given)]),
  );
}

/** Wires that have texts, thoughts and calls in members of their own have no order between them. */
function unordered({ parts, ...choice }: ToldAnswer['choices'][number]): unknown {
  const kinds = ['text', 'refusal', 'reasoning'] as const;
  const texts = kinds.map((kind) => parts.flatMap((part) => (part[0] === kind ? [part[1]] : [])).join(''));
  return { ...choice, texts, calls: parts.filter(([kind]) => kind === 'call') };
}

function choicesIn(events: readonly ChatEvent[]): number {
  return Math.max(1, events.filter(({ type }) => type === 'finish').length);
}

const contexts = new Map<Protocol, AnswerContext>();

/** A caller of the wire who asked for everything. */
function contextOf(protocol: Protocol): AnswerContext {
  const known = contexts.get(protocol);
  if (known) return known;
  const { client } = findProtocol(protocol.name);
  const body = bodyOf(JSON.stringify(requestSeeds[protocol.name]));
  const context = answerContext(client.decodeRequest(body, client.readFacts(body)));
  contexts.set(protocol, context);
  return context;
}
