import type { Finish } from '../canonical/chat-answer.ts';
import type { PartHead, StartEvent } from '../canonical/chat-event.ts';
import type { Citation, Signature } from '../canonical/conversation.ts';
import type { Usage } from '../canonical/usage.ts';

/** What a caller has of an answer whose stream broke off: as a whole answer, but parts may be open and ends missing. */
export interface SentAnswer {
  readonly start: StartEvent | undefined;
  /** In the order in which they began, whatever their choices. */
  readonly parts: readonly SentPart[];
  /** Choices that the caller was told the end of, and why they ended. */
  readonly finishes: ReadonlyMap<number, Finish>;
  /** The last counts that were reported. Of a stream that broke off they are seldom whole. */
  readonly usage: Usage | undefined;
  /** The answer was told to its end. */
  readonly hasEnded: boolean;
}

export interface SentPart {
  /** Number that the part has in the stream; parts that follow are numbered on. */
  readonly index: number;
  readonly choice: number;
  readonly head: PartHead;
  /** So far: its text, or the text of a call's arguments. */
  readonly text: string;
  readonly signature: Signature | undefined;
  readonly citations: readonly Citation[];
  /** Nothing more can be added to it. */
  readonly isEnded: boolean;
}

/** Numbers of the choices that anything was told of. */
export function sentChoices({ parts, finishes }: SentAnswer): readonly number[] {
  return [...new Set([...parts.map(({ choice }) => choice), ...finishes.keys()])];
}

/**
 * Whether every choice was told to its end, so that nothing but the stream's own end is missing: then the encoder needs
 * only be given `end`, and nobody has to be asked again.
 */
export function isWhole(sent: SentAnswer, choices: number): boolean {
  return !sent.hasEnded && sent.finishes.size >= choices && sentChoices(sent).every((one) => sent.finishes.has(one));
}

/** The words that were sent, without what was thought. */
export function sentText({ parts }: SentAnswer): string {
  return parts.flatMap(({ head, text }) => (head.type === 'text' ? [text] : [])).join('');
}

/** What tells one citation from another. */
export function citationKey({ url, title, quote, start, end, documentIndex }: Citation): string {
  return JSON.stringify([url, title, quote, start, end, documentIndex]);
}
