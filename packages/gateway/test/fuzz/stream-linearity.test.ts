import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, PartHead } from '../../src/canonical/chat-event.ts';
import { AnswerCollector } from '../../src/canonical/collect-answer.ts';
import type { SseEvent } from '../../src/framing/sse-splitter.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { TranslatingStreamReader } from '../../src/protocols/protocol-stream-reader.ts';
import { protocols } from '../../src/protocols/registry.gen.ts';
import { expectLinear } from './cpu-growth.ts';
import { interleaved } from './interleaved-calls.ts';
import { patience } from './runs.ts';
import { answerContext, bodyOf, framesIn, idSeed, streamFrame, writeEvents } from './wire-stream.ts';

const names = protocols.map((protocol) => [protocol.name, protocol] as const);
/** Each wire once as what is read and once as what is written: what a pair costs is what its halves cost. */
const ring = protocols.map((from, index) => {
  const to = protocols[(index + 1) % protocols.length]!;
  return [`${from.name} → ${to.name}`, from, to] as const;
});

const { client } = findProtocol('openai-chat');
const asked = bodyOf(JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], stream_options: {} }));
const context = answerContext(client.decodeRequest(asked, client.readFacts(asked)));

const start: ChatEvent = { type: 'start', id: 'a', model: 'm', created: 1, serviceTier: undefined };
const ending: readonly ChatEvent[] = [
  { type: 'finish', choice: 0, finish: { reason: 'stop', raw: undefined } },
  { type: 'usage', usage: { input: 1, output: 1 } },
  { type: 'end' },
];
const call = (id: number): PartHead => ({ type: 'tool-call', id: `call_${id}`, name: 'f', kind: 'function' });

/** Events of one part whose text comes in these pieces. */
function onePart(part: PartHead, pieces: Iterable<string>): ChatEvent[] {
  const deltas = Array.from(pieces, (text): ChatEvent => ({ type: 'delta', index: 0, text }));
  return [
    start,
    { type: 'part-start', index: 0, choice: 0, part },
    ...deltas,
    { type: 'part-end', index: 0 },
    ...ending,
  ];
}

/** Writes events by one wire, as its upstream would, and reads and writes the stream as the relay does. */
function translating(from: Protocol, to: Protocol, events: readonly ChatEvent[]): () => void {
  const frames = framesIn(from, writeEvents(from, events, context)).map(streamFrame);
  return () => translateFrames(from, to, frames);
}

function translateFrames(from: Protocol, to: Protocol, frames: Iterable<SseEvent>): void {
  const decoder = from.upstream.createStreamDecoder({ idSeed });
  const reader = new TranslatingStreamReader(decoder, to.client.createStreamEncoder(context));
  let bytes = 0;
  for (const frame of frames) {
    reader.read(frame);
    bytes += reader.takeOutput().length;
  }
  bytes += reader.terminator().length;
  expect(reader.isFinished).toBe(true);
  expect(bytes).toBeGreaterThan(0);
}

describe('the cost of a stream grows with it', () => {
  it.each(ring)(
    'when 400,000 bytes of arguments come one at a time: %s',
    (_name, from, to) => {
      expectLinear({
        size: 100_000,
        prepare: (size) => {
          const frames = framesIn(from, writeEvents(from, onePart(call(0), ['{"a":"', 'b', 'b', '"}']), context));
          const first = frames.findIndex(({ data }, index) => isSame(data, frames[index + 1]?.data));
          // Some wires have arguments whole only.
          if (first === -1) return translating(from, to, onePart(call(0), [`{"a":"${'b'.repeat(size)}"}`]));
          const told = frames.map(streamFrame);
          // The fragments are all alike, so that their frames need no room.
          const fragments = Array<SseEvent>(size).fill(told[first]!);
          return () => translateFrames(from, to, [...told.slice(0, first), ...fragments, ...told.slice(first)]);
        },
      });
    },
    patience(120_000),
  );

  it.each(ring)(
    'when a megabyte of text comes in one event: %s',
    (_name, from, to) => {
      expectLinear({
        size: 1 << 18,
        prepare: (size) => translating(from, to, onePart({ type: 'text' }, ['Grüße, "Welt"\n'.repeat(size / 14)])),
      });
    },
    patience(30_000),
  );

  it.each(ring)(
    'when it has 10,000 parts: %s',
    (_name, from, to) => {
      expectLinear({
        size: 2_500,
        prepare: (size) => translating(from, to, manyParts(size)),
      });
    },
    patience(60_000),
  );
});

/** Whether two frames say the same, whatever their numbers. */
function isSame(left: string, right: string | undefined): boolean {
  const numbers = /"sequence_number":\d+/;
  return left.replace(numbers, '') === right?.replace(numbers, '');
}

function manyParts(count: number): ChatEvent[] {
  const parts = Array.from({ length: count }, (_, index): ChatEvent[] => [
    { type: 'part-start', index, choice: 0, part: index % 2 === 0 ? call(index) : { type: 'text' } },
    { type: 'delta', index, text: index % 2 === 0 ? '{}' : 'Well.' },
    { type: 'part-end', index },
  ]);
  return [start, ...parts.flat(), ...ending];
}

describe.each(interleaved)('parallel calls on %s, told in turns, cost what they are', (_name, wire, frames) => {
  const from = findProtocol(wire);
  const to = findProtocol('anthropic-messages');
  const reading = (calls: number, rounds: number) => {
    const told = frames(calls, rounds).map(streamFrame);
    return () => translateFrames(from, to, told);
  };

  it(
    'when there are two long ones',
    () => {
      expectLinear({ size: 10_000, prepare: (size) => reading(2, size) });
    },
    patience(60_000),
  );

  it(
    'when there are 20,000 short ones',
    () => {
      expectLinear({ size: 5_000, prepare: (size) => reading(size, 2) });
    },
    patience(60_000),
  );
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('what is kept of a stream', () => {
  it.each(names)('%s keeps no text that it has told', (_name, protocol) => {
    const [first, ...rest] = framesIn(
      protocol,
      writeEvents(protocol, onePart({ type: 'text' }, ['x'.repeat(1_000)]), context),
    );
    const frames = [first!, ...rest].map(streamFrame);
    const told = frames.findIndex(({ data }) => data.includes('xxxx'));
    const decoder = protocol.upstream.createStreamDecoder({ idSeed });
    let deltas = 0;
    const emit = ({ type }: ChatEvent): void => {
      if (type === 'delta') deltas++;
    };
    for (const frame of frames.slice(0, told)) decoder.read(frame, emit);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 20_000; count++) decoder.read(frames[told]!, emit);
    collectGarbage();
    const kept = process.memoryUsage().heapUsed - before;
    expect(deltas).toBe(20_000);
    // Twenty megabytes went through.
    expect(kept).toBeLessThan(4_000_000);
    expect(decoder.isFinished).toBe(false);
  });
});

it('collects log probabilities in time', () => {
  const logprobs = { content: [{ token: 'a', logprob: -1 }] };
  expectLinear({
    size: 5_000,
    prepare: (size) => () => {
      const collector = new AnswerCollector();
      for (let index = 0; index < size; index++) collector.push({ type: 'logprobs', choice: 0, logprobs });
      expect(collector.answer().choices).toEqual([]);
    },
  });
});
