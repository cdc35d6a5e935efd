import { SseEvent } from './sse-splitter.ts';

/** An event as the splitter hands it out, for tests of what reads events. */
export function sseEvent(data: string | Buffer, name = ''): SseEvent {
  const event = new SseEvent();
  event.source = Buffer.from(data);
  event.bytes = event.source;
  event.dataEnd = event.source.length;
  event.name = name;
  return event;
}
