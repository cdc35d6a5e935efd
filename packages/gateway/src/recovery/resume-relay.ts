import type { ChatEvent } from '../canonical/chat-event.ts';
import { createFrameSplitter } from '../framing/frame-splitter.ts';
import type { AnswerContext, Protocol, StreamFrame } from '../protocols/protocol.ts';
import { AnswerRecord } from './answer-record.ts';
import { RecordingEncoder } from './recording-encoder.ts';

export interface ResumeRelayInput {
  /** The wire of the caller and of the upstream whose bytes it got. */
  readonly protocol: Protocol;
  /** What the caller got, in order. */
  readonly chunks: readonly Buffer[];
  readonly context: AnswerContext;
  /** Sixteen letters and digits, to make ids where the wire has none. */
  readonly idSeed: string;
  /** Answers asked for. */
  readonly choices: number;
}

/**
 * An encoder that goes on with a stream which was relayed so far, byte for byte as its upstream sent it. Its `sent` tells
 * what the caller has. Undefined when nobody can go on: the bytes cannot be read, or end amid something that only this
 * upstream could complete.
 */
export function resumeRelay(input: ResumeRelayInput): RecordingEncoder | undefined {
  try {
    const frames = framesOf(input);
    const events = eventsOf(frames, input);
    const encoder = input.protocol.client.createStreamEncoder(input.context);
    for (const event of events) encoder.push(event);
    const more = encoder.resume === undefined ? [] : encoder.resume(frames);
    if (more === undefined) return undefined;
    const record = new AnswerRecord();
    for (const event of events) record.push(event);
    for (const event of more) record.push(event);
    return new RecordingEncoder({ encoder, record });
  } catch {
    // What was sent as it came need not be what a decoder understands.
    return undefined;
  }
}

function framesOf({ protocol, chunks }: ResumeRelayInput): readonly StreamFrame[] {
  const frames: StreamFrame[] = [];
  const splitter = createFrameSplitter(protocol.framing, {
    maxEventBytes: Number.POSITIVE_INFINITY,
    onEvent: ({ name, data }) => void frames.push({ name, data: Buffer.from(data) }),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return frames;
}

/**
 * What a decoder makes of the frames, what it still holds included. That the stream ends here is nobody's saying: ends
 * of parts and of the answer, and what a decoder puts in the place of what never came, are left out.
 */
function eventsOf(frames: readonly StreamFrame[], { protocol, idSeed, choices }: ResumeRelayInput): ChatEvent[] {
  const decoder = protocol.upstream.createStreamDecoder({ idSeed, choices });
  const events: ChatEvent[] = [];
  for (const frame of frames) decoder.read(frame, (event) => void events.push(event));
  const begun = events.filter(({ type }) => type === 'part-start').length;
  decoder.finish((event) => {
    const isMadeUp = event.type === 'delta' && event.index < begun;
    if (event.type !== 'part-end' && event.type !== 'end' && !isMadeUp) events.push(event);
  });
  return events;
}
