import { asCount, asObject, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import type { StreamFrame } from '../protocol.ts';

/** How far a stream of this wire went to its caller. */
export interface SentItems {
  /** The `response` object as it began. */
  readonly response: JsonObject | undefined;
  readonly nextSequence: number;
  /** The items that were told whole, in their places. */
  readonly output: readonly JsonObject[];
  readonly open: SentItem | undefined;
}

/** The item that is open. */
export interface SentItem {
  /** As it was announced. */
  readonly item: JsonObject;
  /** Contents of a message and pieces of reasoning that were told whole. */
  readonly pieces: readonly JsonObject[];
  /** The piece that is open, or the whole text of a call. */
  readonly piece: SentPiece | undefined;
}

export interface SentPiece {
  readonly at: number;
  /** Pieces of reasoning itself, where others give summaries of it. */
  readonly isReasoningText: boolean;
  readonly text: string;
  /** Its text was told whole; what holds it is still open. */
  readonly isTextDone: boolean;
  readonly annotations: number;
  readonly logprobs: readonly unknown[];
}

type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

const emptyPiece = { isReasoningText: false, text: '', isTextDone: false, annotations: 0, logprobs: [] } as const;

/**
 * Reads what went to a caller of this wire; undefined when several items are open at once, or some are missing. Throws
 * SyntaxError for what is none of it.
 */
export function readSentItems(frames: readonly StreamFrame[]): SentItems | undefined {
  let response: JsonObject | undefined;
  let nextSequence = 0;
  const output: JsonObject[] = [];
  const open = new Map<number, Draft<SentItem>>();
  for (const [type, event] of frames.flatMap(readEvent)) {
    const place = asCount(event['output_index']) ?? [...open.keys()].at(-1) ?? 0;
    nextSequence = Math.max(nextSequence, (asCount(event['sequence_number']) ?? nextSequence) + 1);
    if (isObject(event['response'])) response = event['response'];
    else if (type === 'response.output_item.done') {
      output[place] = asObject(event['item']) ?? {};
      open.delete(place);
    } else if (type === 'response.output_item.added') {
      open.set(place, { item: asObject(event['item']) ?? {}, pieces: [], piece: undefined });
    } else {
      const item = open.get(place);
      if (item) tell(item, type, event);
    }
  }
  const [only] = open;
  const isInPlace = only === undefined || (open.size === 1 && only[0] === output.length);
  if (!isInPlace || output.includes(undefined as never)) return undefined;
  return { response, nextSequence, output, open: only?.[1] };
}

/** What an event says of the open item. */
function tell(item: Draft<SentItem>, type: string, event: JsonObject): void {
  const piece = () => item.piece ?? { ...emptyPiece, at: pieceIndex(event) ?? item.pieces.length };
  switch (type) {
    case 'response.content_part.added':
    case 'response.reasoning_part.added':
    case 'response.reasoning_summary_part.added':
      item.piece = { ...emptyPiece, at: pieceIndex(event) ?? item.pieces.length };
      return;
    case 'response.content_part.done':
    case 'response.reasoning_part.done':
    case 'response.reasoning_summary_part.done':
      item.pieces = [...item.pieces, asObject(event['part']) ?? {}];
      item.piece = undefined;
      return;
    case 'response.output_text.annotation.added':
      item.piece = { ...piece(), annotations: piece().annotations + 1 };
      return;
    default:
      if (/_(?:text|arguments|input)\.|refusal\./.test(type)) item.piece = withText(piece(), type, event);
  }
}

function withText(piece: SentPiece, type: string, event: JsonObject): SentPiece {
  const isReasoningText = type.startsWith('response.reasoning_text.');
  if (type.endsWith('.done')) {
    const whole = asString(event['text'] ?? event['refusal'] ?? event['arguments'] ?? event['input']);
    return { ...piece, isReasoningText, text: whole ?? piece.text, isTextDone: true };
  }
  const text = piece.text + (asString(event['delta']) ?? '');
  const logprobs = Array.isArray(event['logprobs']) ? (event['logprobs'] as unknown[]) : [];
  return {
    ...piece,
    isReasoningText,
    text,
    logprobs: logprobs.length > 0 ? [...piece.logprobs, ...logprobs] : piece.logprobs,
  };
}

function pieceIndex(event: JsonObject): number | undefined {
  return asCount(event['content_index']) ?? asCount(event['summary_index']);
}

function readEvent({ name, data }: StreamFrame): [type: string, event: JsonObject][] {
  const text = data.toString('utf8').trim();
  if (text === '' || text === '[DONE]') return [];
  // Items are told again as they were: their numbers stay exact.
  const event = parseExact(text);
  return isObject(event) ? [[asString(event['type']) ?? name, event]] : [];
}
