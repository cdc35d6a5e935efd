import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import type { Citation, Signature } from '../../canonical/conversation.ts';
import { ArgumentScan } from './argument-scan.ts';

export type Emit = (event: ChatEvent) => void;

/** A part of a choice while it comes. */
export interface StreamedPart {
  readonly kind: 'text' | 'refusal' | 'reasoning' | 'media' | 'tool-call';
  head: PartHead;
  /** Number among the parts of the stream; -1 until it begins. */
  index: number;
  /** All of it so far; kept for reasoning only. */
  text: string;
  /** What came while an earlier part was still open. */
  held: string;
  signature: Signature | undefined;
  readonly citations: Citation[];
  /** Which block of `reasoning_details` it is. */
  block: unknown;
  /** The call's id as the wire had it; '' for none. */
  wireId: string;
  /** How far the JSON of a call's arguments is. */
  readonly scan: ArgumentScan;
}

/** Numbers the parts of all choices. */
export interface PartCounter {
  count: number;
}

/**
 * Puts the parts of one choice one after another. The one that came first is passed on as it comes; those that begin
 * before it is whole (fragments of parallel calls, which some providers interleave) wait for their turn.
 */
export class PartQueue {
  readonly #choice: number;
  readonly #counter: PartCounter;
  #open: StreamedPart | undefined;
  readonly #waiting: StreamedPart[] = [];

  constructor(choice: number, counter: PartCounter) {
    this.#choice = choice;
    this.#counter = counter;
  }

  /** The part that came last. */
  get tail(): StreamedPart | undefined {
    return this.#waiting.length === 0 ? this.#open : this.#waiting[this.#waiting.length - 1];
  }

  /** Finds a part that has not ended. */
  find(test: (part: StreamedPart) => boolean): StreamedPart | undefined {
    return this.#open && test(this.#open) ? this.#open : this.#waiting.find(test);
  }

  add(part: StreamedPart, emit: Emit): void {
    this.#waiting.push(part);
    this.advance(emit);
  }

  extend(part: StreamedPart, text: string, emit: Emit): void {
    if (text === '') return;
    if (part.kind === 'tool-call') part.scan.add(text);
    else if (part.kind === 'reasoning') part.text += text;
    if (part !== this.#open) {
      part.held += text;
      return;
    }
    emit({ type: 'delta', index: part.index, text });
    if (this.#waiting.length > 0) this.advance(emit);
  }

  sign(part: StreamedPart, signature: Signature, emit: Emit): void {
    if (part.signature) return;
    part.signature = signature;
    if (part === this.#open) emit({ type: 'signature', index: part.index, signature });
  }

  cite(part: StreamedPart, citation: Citation, emit: Emit): void {
    if (part === this.#open) emit({ type: 'citation', index: part.index, citation });
    else part.citations.push(citation);
  }

  /** Begins the parts that need wait no longer. */
  advance(emit: Emit): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if ((this.#open && !isWhole(this.#open)) || !isNamed(next)) return;
      this.#next(emit);
    }
  }

  /** Ends the parts of an answer that has ended: a call that came without arguments has none. */
  close(emit: Emit): void {
    for (const part of [this.#open, ...this.#waiting]) if (part && isUnsaidCall(part)) this.extend(part, '{}', emit);
    this.breakOff(emit);
  }

  /** Ends what is open; what waited comes first, whole or not. */
  breakOff(emit: Emit): void {
    while (this.#waiting.length > 0) this.#next(emit);
    this.#end(emit);
  }

  #next(emit: Emit): void {
    this.#end(emit);
    const part = this.#waiting.shift()!;
    this.#open = part;
    const index = this.#counter.count++;
    part.index = index;
    emit({ type: 'part-start', index, choice: this.#choice, part: part.head });
    if (part.held !== '') emit({ type: 'delta', index, text: part.held });
    part.held = '';
    for (const citation of part.citations) emit({ type: 'citation', index, citation });
    if (part.signature) emit({ type: 'signature', index, signature: part.signature });
  }

  #end(emit: Emit): void {
    if (!this.#open) return;
    emit({ type: 'part-end', index: this.#open.index });
    this.#open = undefined;
  }
}

/** A part as it begins. */
export function newPart(kind: StreamedPart['kind'], head: PartHead): StreamedPart {
  return {
    kind,
    head,
    index: -1,
    text: '',
    held: '',
    signature: undefined,
    citations: [],
    block: undefined,
    wireId: '',
    scan: new ArgumentScan(),
  };
}

/** Whether nothing of a part can be missing: only the JSON of a call's arguments shows by itself that it goes on. */
export function isWhole({ head, scan }: StreamedPart): boolean {
  return head.type !== 'tool-call' || head.kind === 'custom' || scan.isWhole;
}

function isUnsaidCall({ head, scan }: StreamedPart): boolean {
  return head.type === 'tool-call' && head.kind === 'function' && scan.isEmpty;
}

function isNamed({ head }: StreamedPart): boolean {
  return head.type !== 'tool-call' || head.name !== '';
}
