import fc from 'fast-check';
import { requestSeeds } from '../../test/fuzz/request-seeds.ts';
import { answerContext, bodyOf, framesIn, idSeed, streamFrame, type WireFrame } from '../../test/fuzz/wire-stream.ts';
import type { ChatEvent, PartHead } from '../canonical/chat-event.ts';
import type { AnswerContext, Protocol, StreamEncoder } from '../protocols/protocol.ts';
import { TranslatingStreamReader } from '../protocols/protocol-stream-reader.ts';
import { RecordingEncoder } from './recording-encoder.ts';
import { resumeRelay } from './resume-relay.ts';
import { ResumingStreamReader } from './resuming-stream-reader.ts';
import { Resumption, type ResumptionMode } from './resumption.ts';

const contexts = new Map<Protocol, AnswerContext>();

/** A caller of the wire who asked for everything. */
export function contextOf(protocol: Protocol): AnswerContext {
  const known = contexts.get(protocol);
  if (known) return known;
  const body = bodyOf(JSON.stringify(requestSeeds[protocol.name]));
  const { client } = protocol;
  const context = answerContext(client.decodeRequest(body, client.readFacts(body)));
  contexts.set(protocol, context);
  return context;
}

/** The bytes of each event of a stream. */
export function eventsOf(protocol: Protocol, bytes: Buffer): Buffer[] {
  const seen: Buffer[] = [];
  let at = 0;
  for (const { length } of rawEvents(protocol, bytes)) {
    seen.push(bytes.subarray(at, at + length));
    at += length;
  }
  return seen;
}

function rawEvents({ framing }: Protocol, bytes: Buffer): { readonly length: number }[] {
  if (framing === 'aws-event-stream') {
    const frames: { length: number }[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUInt32BE(at);
      frames.push({ length });
      at += length;
    }
    return frames;
  }
  const text = bytes.toString('latin1');
  return (text.match(/[\s\S]*?(?:\r\n\r\n|\n\n|$)/g) ?? []).filter(({ length }) => length > 0);
}

export interface Recovered {
  readonly encoder: RecordingEncoder;
  readonly output: Buffer;
  readonly resumption: Resumption;
}

export interface AttemptInput {
  readonly encoder: RecordingEncoder;
  readonly protocol: Protocol;
  readonly frames: readonly WireFrame[];
  readonly mode?: ResumptionMode;
  /** The upstream ends its stream behind the frames. */
  readonly isEnded?: boolean;
  readonly choices?: number;
  readonly repeatsBeginning?: boolean;
  /** What the attempt makes ids of where its wire has none. */
  readonly seed?: string;
}

/** Lets another attempt go on with a stream. */
export function resume({
  encoder,
  protocol,
  frames,
  mode = 'restart',
  isEnded = true,
  choices = 1,
  repeatsBeginning = false,
  seed = 'fedcba9876543210',
}: AttemptInput): Recovered {
  const sent = encoder.sent!;
  const resumption = new Resumption({ mode, sent, encoder, repeatsBeginning });
  const decoder = protocol.upstream.createStreamDecoder({ idSeed: seed, choices });
  const reader = new ResumingStreamReader(decoder, resumption);
  const output: Buffer[] = [];
  for (const frame of frames) {
    const verdict = reader.read(streamFrame(frame));
    if (verdict === 'malformed') break;
    output.push(reader.takeOutput());
  }
  if (isEnded && !reader.isMismatch) output.push(reader.terminator());
  return { encoder, output: Buffer.concat(output), resumption };
}

/** A stream that was relayed up to there. */
export function relayed(protocol: Protocol, chunks: readonly Buffer[], choices = 1): RecordingEncoder | undefined {
  return resumeRelay({ protocol, chunks, context: contextOf(protocol), idSeed, choices });
}

/** A stream of one wire that was told on another up to there: its bytes, and the encoder. */
export function translated(
  { from, to, context = contextOf(to) }: { from: Protocol; to: Protocol; context?: AnswerContext },
  frames: readonly WireFrame[],
  isEnded = false,
): { readonly encoder: RecordingEncoder; readonly bytes: Buffer } {
  const encoder = new RecordingEncoder({ encoder: to.client.createStreamEncoder(context) });
  const decoder = from.upstream.createStreamDecoder({ idSeed });
  const reader = new TranslatingStreamReader(decoder, encoder);
  const output: Buffer[] = [];
  for (const frame of frames) {
    reader.read(streamFrame(frame));
    output.push(reader.takeOutput());
  }
  if (isEnded) output.push(reader.terminator());
  return { encoder, bytes: Buffer.concat(output) };
}

/** What an upstream of a wire says for an answer. */
export function framesOf(protocol: Protocol, events: readonly ChatEvent[]): WireFrame[] {
  return framesIn(protocol, written(protocol.client.createStreamEncoder(contextOf(protocol)), events));
}

export function written(encoder: StreamEncoder, events: readonly ChatEvent[]): Buffer {
  return Buffer.concat(events.map((event) => encoder.push(event)));
}

export interface PartScript {
  readonly head: PartHead;
  readonly text: string;
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  fc.constantFrom(
    'Grüß 😀 dich',
    'The quick brown fox jumps over the lazy dog.',
    '"\\\n\r\u2028',
    ' a ',
    'data: [DONE]\n\n',
  ),
);
const argumentText = fc.constantFrom(
  '{}',
  '{"city":"Köln","n":[1,2,{"a":"}"}]}',
  '{ "spaced" : true , "id":12345678901234567890}',
  '{"text":"a \\"quoted\\" word"}',
);
const name = fc.constantFrom('weather', 'run_it', 'x');

/** Answers that every wire can tell: thoughts, texts and calls, in the order in which all of them keep these. */
export function plainScripts(): fc.Arbitrary<readonly PartScript[]> {
  const thoughts = fc.array(
    text.map((said): PartScript => ({ head: { type: 'reasoning' }, text: said })),
    { maxLength: 1 },
  );
  const texts = fc.array(
    text.map((said): PartScript => ({ head: { type: 'text' }, text: said })),
    { maxLength: 2 },
  );
  const calls = fc.array(fc.tuple(name, argumentText), { maxLength: 3 }).map((list) =>
    list.map(
      ([called, said], index): PartScript => ({
        head: { type: 'tool-call', id: `call_${index}`, name: called, kind: 'function' },
        text: said,
      }),
    ),
  );
  return fc
    .tuple(thoughts, texts, calls)
    .map((parts) => parts.flat())
    .filter((parts) => parts.some(({ head }) => head.type !== 'reasoning'));
}

export const start: ChatEvent = { type: 'start', id: 'first-1', model: 'm-1', created: 1, serviceTier: undefined };
/** The beginning of another attempt's answer. */
export const otherStart: ChatEvent = { ...start, id: 'second-2', model: 'm-2', created: 2 };
export const usage = { input: 11, output: 22 };

/** The events of a script; its texts come in pieces of `size` units. */
export function played(scripts: readonly PartScript[], { size = 7, begin = start, choice = 0 } = {}): ChatEvent[] {
  const events: ChatEvent[] = [begin];
  for (const [index, { head, text: said }] of scripts.entries()) {
    events.push({ type: 'part-start', index, choice, part: head });
    for (let at = 0; at < said.length; at += size)
      events.push({ type: 'delta', index, text: said.slice(at, at + size) });
    events.push({ type: 'part-end', index });
  }
  const hasCalls = scripts.some(({ head }) => head.type === 'tool-call');
  const finish = { reason: hasCalls ? 'tool-calls' : 'stop', raw: undefined } as const;
  return [...events, { type: 'finish', choice, finish }, { type: 'usage', usage }, { type: 'end' }];
}
