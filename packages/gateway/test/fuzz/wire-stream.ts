import type { ChatEvent } from '../../src/canonical/chat-event.ts';
import type { ChatRequest } from '../../src/canonical/conversation.ts';
import { isObject, type JsonObject } from '../../src/canonical/json.ts';
import { encodeEventStreamFrame } from '../../src/framing/aws-event-stream.ts';
import { parseExact } from '../../src/framing/exact-json.ts';
import { createFrameSplitter } from '../../src/framing/frame-splitter.ts';
import { SseEvent } from '../../src/framing/sse-splitter.ts';
import type { AnswerContext, Protocol } from '../../src/protocols/protocol.ts';
import { EventOrder } from './event-order.ts';

/** One event of a stream outside its framing. */
export interface WireFrame {
  readonly name: string;
  readonly data: string;
}

/** An answer of a wire as a stream, and at once. */
export interface AnswerSeed {
  readonly frames: readonly WireFrame[];
  readonly whole: object;
}

/** What a decoder made of a stream. */
export interface StreamReading {
  readonly events: readonly ChatEvent[];
  /** What it threw, if it did. */
  readonly thrown: unknown;
  readonly isFinished: boolean;
  readonly faults: readonly string[];
}

export const idSeed = '0123456789abcdef';

/** A frame as the wire sends it. */
export function frameBytes({ framing }: Protocol, { name, data }: WireFrame): Buffer {
  if (framing === 'aws-event-stream') {
    const isFailure = /(?:Exception|Error|Failure)$/.test(name);
    const type = isFailure ? { ':exception-type': name } : { ':event-type': name };
    return encodeEventStreamFrame({
      headers: { ...type, ':message-type': isFailure ? 'exception' : 'event' },
      payload: data,
    });
  }
  return Buffer.from(`${name === '' ? '' : `event: ${name}\n`}data: ${data}\n\n`);
}

export function framesBytes(protocol: Protocol, frames: readonly WireFrame[]): Buffer {
  return Buffer.concat(frames.map((frame) => frameBytes(protocol, frame)));
}

/** The frames of whole bytes. */
export function framesIn(protocol: Protocol, bytes: Buffer): WireFrame[] {
  const frames: WireFrame[] = [];
  const splitter = createFrameSplitter(protocol.framing, {
    maxEventBytes: 1 << 26,
    onEvent: ({ name, data }) => void frames.push({ name, data: data.toString('utf8') }),
  });
  splitter.push(bytes);
  splitter.end();
  return frames;
}

/** Reads a stream that comes in these chunks and then ends. Nothing is read after something was thrown. */
export function readChunks(protocol: Protocol, chunks: Iterable<Buffer>, choices = 1): StreamReading {
  const decoder = protocol.upstream.createStreamDecoder({ idSeed, choices });
  const events: ChatEvent[] = [];
  const order = new EventOrder();
  const emit = (event: ChatEvent): void => {
    events.push(event);
    order.take(event);
  };
  const splitter = createFrameSplitter(protocol.framing, {
    maxEventBytes: 1 << 26,
    onEvent: (event) => decoder.read(event, emit),
  });
  let thrown: unknown;
  try {
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    decoder.finish(emit);
  } catch (error) {
    thrown = error;
  }
  return { events, thrown, isFinished: decoder.isFinished, faults: order.faults };
}

/** Reads frames without their framing. */
export function readFrames(protocol: Protocol, frames: Iterable<WireFrame>, choices = 1): readonly ChatEvent[] {
  const decoder = protocol.upstream.createStreamDecoder({ idSeed, choices });
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent): void => void events.push(event);
  for (const frame of frames) decoder.read(streamFrame(frame), emit);
  decoder.finish(emit);
  return events;
}

/** A frame as a splitter hands it out. */
export function streamFrame({ name, data }: WireFrame): SseEvent {
  const event = new SseEvent();
  event.name = name;
  event.source = Buffer.from(data);
  event.dataEnd = event.source.length;
  return event;
}

/** The bytes that events become. */
export function writeEvents(protocol: Protocol, events: Iterable<ChatEvent>, context: AnswerContext): Buffer {
  const encoder = protocol.client.createStreamEncoder(context);
  return Buffer.concat(Array.from(events, (event) => encoder.push(event)));
}

/** The pieces of bytes between these places, which may come in any order and any size. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((left, right) => left - right);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
}

export function bodyOf(text: string): JsonObject {
  const value = parseExact(text);
  if (!isObject(value)) throw new Error('A body must be an object.');
  return value;
}

/** What a caller asked, for encoders of answers. */
export function answerContext(request: ChatRequest): AnswerContext {
  return {
    id: '0123456789abcdef',
    model: 'some-model',
    created: 1_760_000_000,
    includeUsage: true,
    request,
    isSse: true,
  };
}
