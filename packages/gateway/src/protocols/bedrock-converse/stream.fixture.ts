import { expect } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { AwsEventSplitter } from '../../framing/aws-event-stream.ts';
import type { AnswerContext } from '../protocol.ts';
import protocol from './protocol.ts';

export const decodeContext = { idSeed: '0123456789abcdef' };

/** Nothing of it shows on this wire. */
export const answerContext: AnswerContext = {
  id: 'x-1',
  model: 'm',
  created: 0,
  includeUsage: true,
  request: protocol.client.decodeRequest(
    { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] },
    { model: undefined, stream: false, includeUsage: true, choices: 1 },
  ),
  isSse: false,
};

/** The events of a stream that comes in these chunks and then ends. */
export function eventsOf(chunks: readonly Buffer[]): ChatEvent[] {
  const decoder = protocol.upstream.createStreamDecoder(decodeContext);
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent): void => void events.push(event);
  const splitter = new AwsEventSplitter({ maxFrameBytes: 1e6, onFrame: (frame) => decoder.read(frame, emit) });
  for (const chunk of chunks) splitter.push(chunk);
  decoder.finish(emit);
  return events;
}

/** The bytes that events become. */
export function bytesOf(events: Iterable<ChatEvent>): Buffer {
  const encoder = protocol.client.createStreamEncoder(answerContext);
  return Buffer.concat([...events].map((event) => encoder.push(event)));
}

/** The promise of chat-event.ts. */
export function checkOrder(events: readonly ChatEvent[]): void {
  let open: number | undefined;
  let next = 0;
  for (const [index, event] of events.entries()) {
    expect(event.type === 'start').toBe(index === 0);
    if (event.type === 'part-start') {
      expect(open).toBeUndefined();
      expect(event.index).toBe(next++);
      open = event.index;
    } else if ('index' in event) expect(event.index).toBe(open);
    if (event.type === 'part-end') open = undefined;
    if (event.type === 'finish') expect(open).toBeUndefined();
    if (event.type === 'end' || event.type === 'error') expect(index).toBe(events.length - 1);
  }
}

/** JSON to look into: what is not there is undefined, whatever its type says. */
export interface Json extends Readonly<Record<Member, Json>> {}

/** The items of an array. */
export function itemsOf(json: Json): readonly Json[] {
  return json as unknown as readonly Json[];
}

type Member =
  | 0
  | 1
  | 2
  | 'messages'
  | 'content'
  | 'system'
  | 'text'
  | 'role'
  | 'toolConfig'
  | 'tools'
  | 'toolSpec'
  | 'toolChoice'
  | 'toolResult'
  | 'toolUse'
  | 'toolUseId'
  | 'document'
  | 'outputConfig'
  | 'textFormat'
  | 'structure'
  | 'jsonSchema'
  | 'schema'
  | 'inferenceConfig'
  | 'additionalModelRequestFields'
  | 'additionalModelResponseFieldPaths'
  | 'requestMetadata'
  | 'output'
  | 'message'
  | 'reasoningContent'
  | 'redactedContent'
  | 'name';
