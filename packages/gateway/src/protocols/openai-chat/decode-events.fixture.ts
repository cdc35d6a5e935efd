import type { ChatEvent } from '../../canonical/chat-event.ts';
import type { ChatRequest } from '../../canonical/conversation.ts';
import { SseSplitter } from '../../framing/sse-splitter.ts';
import type { AnswerContext } from '../protocol.ts';
import { ChatStreamDecoder } from './stream-decoder.ts';

/** The events of a stream that came in these pieces, pings left out. */
export function decodePieces(pieces: readonly Buffer[], choices = 1): ChatEvent[] {
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent): void => {
    if (event.type !== 'ping') events.push(event);
  };
  const decoder = new ChatStreamDecoder({ idSeed: 'seed', choices });
  const splitter = new SseSplitter({ maxEventBytes: 1 << 20, onEvent: (event) => decoder.read(event, emit) });
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  decoder.finish(emit);
  return events;
}

export function decodeText(stream: string, choices = 1): ChatEvent[] {
  return decodePieces([Buffer.from(stream)], choices);
}

export function answerContext(request: Partial<ChatRequest> = {}): AnswerContext {
  return {
    id: 'x1',
    model: 'asked',
    created: 7,
    includeUsage: true,
    isSse: true,
    request: request as ChatRequest,
  };
}

/** What breaks the order that ChatEvent promises; undefined when nothing does. */
export function disorder(events: readonly ChatEvent[]): string | undefined {
  const open = new Map<number, number>();
  const finished = new Set<number>();
  let parts = 0;
  for (const [position, event] of events.entries()) {
    const last = position === events.length - 1;
    if ((event.type === 'start') !== (position === 0) && event.type !== 'error') return `start at ${position}`;
    if ((event.type === 'end' || event.type === 'error') && !last) return `${event.type} is not last`;
    if (event.type === 'part-start') {
      if (event.index !== parts++) return `part ${event.index} out of turn`;
      if ([...open.values()].includes(event.choice)) return `two open parts in choice ${event.choice}`;
      if (finished.has(event.choice)) return `part after the finish of ${event.choice}`;
      open.set(event.index, event.choice);
    } else if (event.type === 'part-end') {
      if (!open.delete(event.index)) return `end of part ${event.index}, which is not open`;
    } else if (event.type === 'delta' || event.type === 'signature' || event.type === 'citation') {
      if (!open.has(event.index)) return `${event.type} of part ${event.index}, which is not open`;
    } else if (event.type === 'finish') {
      if (finished.has(event.choice)) return `two finishes of ${event.choice}`;
      finished.add(event.choice);
    }
  }
  return open.size > 0 && events.at(-1)?.type !== 'error' ? 'open parts at the end' : undefined;
}
