import { asCount, asObject, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import type { StreamFrame } from '../protocol.ts';

/** How far a stream of this wire went to its caller. */
export interface SentItems {
  /** Items of the content, calls and citations that have begun. */
  readonly contents: number;
  readonly calls: number;
  readonly citations: number;
  readonly open: SentItem | undefined;
  /** Why the answer ended was told: `[DONE]` is all that is missing. */
  readonly hasFinish: boolean;
}

/** The item that is open, by its number among those of its kind. */
export interface SentItem {
  readonly kind: 'text' | 'thinking' | 'plan' | 'tool-call';
  readonly at: number;
  /** Something of it was told; a content begins with nothing. */
  readonly hasText: boolean;
}

/** Reads what went to a caller of this wire. Throws SyntaxError for what is none of it. */
export function readSentItems(frames: readonly StreamFrame[]): SentItems {
  const counts = { contents: 0, calls: 0, citations: 0 };
  let open: SentItem | undefined;
  let hasFinish = false;
  for (const event of frames.flatMap(readEvent)) {
    const at = asCount(event['index']) ?? 0;
    const message = asObject(asObject(event['delta'])?.['message']);
    switch (event['type']) {
      case 'content-start':
      case 'content-delta': {
        counts.contents = Math.max(counts.contents, at + 1);
        const isMore = open?.at === at && (open.kind === 'text' || open.kind === 'thinking');
        open = contentOf(asObject(message?.['content']) ?? {}, at, isMore ? open : undefined);
        break;
      }
      case 'tool-plan-delta':
        open = { kind: 'plan', at: 0, hasText: true };
        break;
      case 'tool-call-start':
        counts.calls = Math.max(counts.calls, at + 1);
        open = { kind: 'tool-call', at, hasText: true };
        break;
      case 'content-end':
      case 'tool-call-end':
        open = undefined;
        break;
      case 'citation-start':
        counts.citations = Math.max(counts.citations, at + 1);
        break;
      case 'message-end':
        hasFinish = true;
    }
  }
  return { ...counts, open, hasFinish };
}

function contentOf(content: JsonObject, at: number, known: SentItem | undefined): SentItem {
  const isThinking = content['type'] === 'thinking' || typeof content['thinking'] === 'string';
  const text = asString(content['thinking']) ?? asString(content['text']) ?? '';
  const kind = known?.kind ?? (isThinking ? 'thinking' : 'text');
  return { kind, at, hasText: known?.hasText === true || text !== '' };
}

function readEvent({ data }: StreamFrame): JsonObject[] {
  const text = data.toString('utf8').trim();
  if (text === '' || text === '[DONE]') return [];
  const event: unknown = JSON.parse(text);
  return isObject(event) ? [event] : [];
}
