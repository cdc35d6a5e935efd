import type { ChatEvent, PartHead } from '../canonical/chat-event.ts';
import type { Citation } from '../canonical/conversation.ts';
import type { Seam } from './seam.ts';
import { type SentAnswer, type SentPart, sentText } from './sent-answer.ts';

/** A part of the continuation: where its words go; undefined: nowhere. */
interface ComingPart {
  readonly head: PartHead;
  target: number | undefined;
}

/** White space that is held back at most until it is known what follows it. */
const MAX_LEADING = 1024;

/**
 * Adds what an attempt says that was given the beginning of the answer: its first text goes into the text that was sent
 * last. The beginning was given without the white space that it ended in, so the attempt may say that again.
 */
export class Continuation {
  readonly #seam: Seam;
  /** UTF-16 units of text that were sent. */
  readonly #sentLength: number;
  readonly #last: SentPart | undefined;
  /** White space at the end of what was sent; '' once the text goes on. */
  #trailing: string;
  /** White space that came first. */
  #leading = '';
  readonly #parts = new Map<number, ComingPart>();
  readonly #choice: number;

  constructor(sent: SentAnswer, seam: Seam) {
    this.#seam = seam;
    this.#last = sent.parts.at(-1);
    this.#choice = this.#last?.choice ?? 0;
    const text = sentText(sent);
    this.#sentLength = text.length;
    this.#trailing = text.slice(text.trimEnd().length);
    seam.release();
  }

  push(event: ChatEvent): void {
    switch (event.type) {
      case 'part-start':
        this.#begin(event.index, event.part);
        return;
      case 'delta':
        this.#add(event.index, event.text);
        return;
      case 'part-end':
        this.#endPart(event.index);
        return;
      case 'signature': {
        const index = this.#parts.get(event.index)?.target;
        if (index !== undefined) this.#seam.write({ ...event, index });
        return;
      }
      case 'citation': {
        const index = this.#parts.get(event.index)?.target;
        if (index !== undefined) this.#seam.write({ ...event, index, citation: this.#moved(event.citation) });
        return;
      }
      case 'finish':
        this.#seam.endAll(this.#choice);
        this.#seam.write(event);
        return;
      case 'logprobs':
      case 'usage':
      case 'end':
        this.#seam.write(event);
    }
  }

  #begin(index: number, head: PartHead): void {
    const part: ComingPart = { head, target: undefined };
    this.#parts.set(index, part);
    // Texts begin with their first word; the thoughts of a second attempt belong to nothing that was said.
    if (head.type !== 'text' && head.type !== 'reasoning') part.target = this.#seam.begin(this.#choice, head);
  }

  #add(index: number, text: string): void {
    const part = this.#parts.get(index);
    if (!part || part.head.type === 'reasoning') return;
    const fresh = part.head.type === 'text' ? this.#withoutRepeated(text) : text;
    if (fresh === '') return;
    part.target ??= this.#targetOf(part.head);
    this.#seam.add(part.target, fresh);
  }

  #targetOf(head: PartHead): number {
    const last = this.#last;
    return last && this.#seam.isOpen(last.index) ? last.index : this.#seam.begin(this.#choice, head);
  }

  #endPart(index: number): void {
    const part = this.#parts.get(index);
    if (!part) return;
    this.#parts.delete(index);
    if (part.head.type === 'text') {
      const rest = this.#takeLeading();
      if (rest !== '') {
        part.target ??= this.#targetOf(part.head);
        this.#seam.add(part.target, rest);
      }
    }
    if (part.target !== undefined) this.#seam.end(part.target);
  }

  /** Text without the white space that it begins with as far as the caller has that already. */
  #withoutRepeated(text: string): string {
    if (this.#trailing === '') return text;
    this.#leading += text;
    const isBlank = this.#leading.trimStart() === '';
    return isBlank && this.#leading.length < MAX_LEADING ? '' : this.#takeLeading();
  }

  #takeLeading(): string {
    const leading = this.#leading;
    if (leading === '') return '';
    const blank = leading.slice(0, leading.length - leading.trimStart().length);
    const fresh = leading.slice(repeatedLength(this.#trailing, blank));
    this.#leading = '';
    this.#trailing = '';
    return fresh;
  }

  /** Places are counted from the beginning of the answer, and the form of another answer's own wire has its places. */
  #moved(citation: Citation): Citation {
    if (citation.start === undefined && citation.end === undefined) return citation;
    const by = this.#sentLength;
    const { start, end } = citation;
    return {
      ...citation,
      ...(start === undefined ? {} : { start: start + by }),
      ...(end === undefined ? {} : { end: end + by }),
      raw: undefined,
    };
  }
}

/** How much of the white space that comes first repeats that which was sent last. */
function repeatedLength(sent: string, coming: string): number {
  // All that comes was sent, though more was.
  if (sent.startsWith(coming)) return coming.length;
  for (let length = Math.min(sent.length, coming.length); length > 0; length--) {
    if (sent.endsWith(coming.slice(0, length))) return length;
  }
  return 0;
}
