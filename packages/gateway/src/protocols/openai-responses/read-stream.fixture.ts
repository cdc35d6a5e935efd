import type { ChatEvent } from '../../canonical/chat-event.ts';
import { SseSplitter } from '../../framing/sse-splitter.ts';
import { ResponsesStreamDecoder } from './stream-decoder.ts';

/** What a stream tells, its bytes coming in two pieces cut at `at`. */
export function readStream(bytes: Buffer, at = bytes.length): ChatEvent[] {
  const decoder = new ResponsesStreamDecoder();
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent) => events.push(event);
  const splitter = new SseSplitter({ maxEventBytes: 1 << 24, onEvent: (event) => decoder.read(event, emit) });
  splitter.push(bytes.subarray(0, at));
  splitter.push(bytes.subarray(at));
  splitter.end();
  decoder.finish(emit);
  return events;
}

/** The events of a stream of this wire, parsed. */
export function parseStream(bytes: Buffer): Record<string, unknown>[] {
  const frames = bytes
    .toString('utf8')
    .split('\n\n')
    .filter((frame) => frame.startsWith('event: '));
  return frames.map((frame) => {
    const [name, data] = frame.split('\n');
    const event = JSON.parse(data!.slice('data: '.length)) as Record<string, unknown>;
    if (event['type'] !== name!.slice('event: '.length)) throw new Error(`${name} is not ${String(event['type'])}`);
    return event;
  });
}
