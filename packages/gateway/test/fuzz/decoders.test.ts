import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/canonical/gateway-error.ts';
import type { JsonObject } from '../../src/canonical/json.ts';
import { writeExact } from '../../src/framing/exact-json.ts';
import { isFramingError } from '../../src/framing/frame-splitter.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { protocols } from '../../src/protocols/registry.gen.ts';
import { noRecordings } from '../fidelity/recorded-exchanges.ts';
import { answerSeeds, wholeBy } from './answer-seeds.ts';
import { byteChange, damage, editFrames, editJson, frameEdit, jsonEdit } from './mutations.ts';
import { recordedSeeds } from './recorded-seeds.ts';
import { requestSeeds } from './request-seeds.ts';
import { patience, runs } from './runs.ts';
import {
  bodyOf,
  cutAt,
  frameBytes,
  framesBytes,
  framesIn,
  idSeed,
  readChunks,
  type StreamReading,
  type WireFrame,
} from './wire-stream.ts';

const recorded = recordedSeeds();
const edits = fc.array(jsonEdit, { minLength: 1, maxLength: 3 });
const frameEdits = fc.array(frameEdit, { minLength: 1, maxLength: 4 });
const cuts = fc.array(fc.nat(1 << 20), { maxLength: 12 });

it.runIf(noRecordings === undefined)('there are recordings of every wire', () => {
  for (const { name } of protocols) {
    expect(recorded[name].requests.length, name).toBeGreaterThan(0);
    expect(recorded[name].answers.length, name).toBeGreaterThan(0);
    expect(recorded[name].streams.length, name).toBeGreaterThan(0);
  }
});

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))('%s', (name, protocol) => {
  const requests = [requestSeeds[name] as JsonObject, ...recorded[name].requests];
  const answers = [answerSeeds[name].whole as JsonObject, ...recorded[name].answers];
  const streams = [answerSeeds[name].frames, ...recorded[name].streams.map((bytes) => framesIn(protocol, bytes))];
  // The seeds of this repository are tried as often as all recordings together.
  const any = <T>(values: readonly T[]) => fc.oneof(fc.constant(values[0]!), fc.constantFrom(...values));

  it('reads its own seeds', () => {
    decodeRequest(protocol, bodyOf(writeExact(requestSeeds[name])));
    expect(protocol.upstream.decodeAnswer(answerSeeds[name].whole as JsonObject, { idSeed }).choices).toHaveLength(1);
    const reading = readChunks(protocol, [framesBytes(protocol, answerSeeds[name].frames)]);
    expect(reading.thrown).toBeUndefined();
    expect(reading.faults).toEqual([]);
    expect(reading.events.at(-1)).toEqual({ type: 'end' });
  });

  it(
    'throws nothing but GatewayError over a request',
    () => {
      fc.assert(
        fc.property(any(requests), edits, (seed, changes) => {
          const body = bodyOf(textOf(changes.reduce<unknown>(editJson, seed)));
          throwsOnly(() => decodeRequest(protocol, body), GatewayError);
        }),
        runs(1_500),
      );
    },
    patience(30_000),
  );

  it(
    'throws nothing but GatewayError over an answer',
    () => {
      fc.assert(
        fc.property(any(answers), edits, (seed, changes) => {
          const body = bodyOf(textOf(changes.reduce<unknown>(editJson, seed)));
          throwsOnly(() => protocol.upstream.decodeAnswer(body, { idSeed }), GatewayError);
        }),
        runs(1_000),
      );
    },
    patience(30_000),
  );

  it(
    'keeps the order of events whatever happens to the frames of a stream',
    () => {
      fc.assert(
        fc.property(any(streams), frameEdits, cuts, (frames, changes, places) => {
          const edited = editFrames(frames, changes);
          const reading = readChunks(protocol, cutAt(framesBytes(protocol, edited), places));
          expectTame(reading);
          // Without the event that makes an answer whole nothing else can.
          if (!edited.some(wholeBy[name])) expectUnfinished(reading);
        }),
        runs(1_500),
      );
    },
    patience(60_000),
  );

  it('throws nothing but errors of syntax and of framing over damaged bytes', () => {
    fc.assert(
      fc.property(
        any(streams),
        fc.array(byteChange, { minLength: 1, maxLength: 4 }),
        cuts,
        (frames, changes, places) => {
          expectTame(readChunks(protocol, cutAt(damage(framesBytes(protocol, frames), changes), places)));
        },
      ),
      runs(500),
    );
  });

  it('takes no stream for whole that was cut before the event that ends it', () => {
    for (const frames of streams.slice(0, 8)) {
      const bytes = framesBytes(protocol, frames);
      const limit = lengthBeforeEnd(protocol, frames);
      const step = Math.max(1, Math.floor(limit / 400));
      for (let length = 0; length < limit; length += step) {
        const reading = readChunks(protocol, [bytes.subarray(0, length)]);
        expectTame(reading);
        expectUnfinished(reading);
      }
    }
  });

  it('reads the same at any splits', () => {
    fc.assert(
      fc.property(any(streams), cuts, (frames, places) => {
        const bytes = framesBytes(protocol, frames);
        expect(readChunks(protocol, cutAt(bytes, places)).events).toEqual(readChunks(protocol, [bytes]).events);
      }),
      runs(100),
    );
  });
});

function decodeRequest({ client }: Protocol, body: JsonObject): void {
  client.decodeRequest(body, client.readFacts(body));
}

/** A body stays an object, whatever was put in its place. */
function textOf(value: unknown): string {
  const text = writeExact(value) ?? 'null';
  return text.startsWith('{') ? text : `{"value":${text}}`;
}

function throwsOnly(run: () => void, type: typeof GatewayError): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof type)) throw error;
    expect(error.status).toBeGreaterThanOrEqual(400);
  }
}

/** The order is kept, and only errors that the relay knows are thrown. */
function expectTame({ thrown, faults, events, isFinished }: StreamReading): void {
  if (thrown !== undefined && !(thrown instanceof SyntaxError) && !isFramingError(thrown)) throw thrown;
  expect(faults).toEqual([]);
  if (events.at(-1)?.type === 'end') expect(isFinished).toBe(true);
}

function expectUnfinished({ events, isFinished }: StreamReading): void {
  expect(events.filter(({ type }) => type === 'end')).toEqual([]);
  expect(isFinished).toBe(false);
}

/** Bytes up to where the data of the first frame ends that makes the answer whole. */
function lengthBeforeEnd(protocol: Protocol, frames: readonly WireFrame[]): number {
  const first = frames.findIndex(wholeBy[protocol.name]);
  const before = framesBytes(protocol, frames.slice(0, first === -1 ? frames.length : first));
  if (first === -1) return before.length;
  const frame = frameBytes(protocol, frames[first]!);
  return before.length + frame.length - (protocol.framing === 'sse' ? 2 : 0);
}
