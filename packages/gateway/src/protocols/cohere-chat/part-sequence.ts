import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import type { Citation } from '../../canonical/conversation.ts';

type Emit = (event: ChatEvent) => void;

/** What of a message a part is: Cohere numbers its content and its tool calls apart. */
export type PartKind = 'content' | 'plan' | 'tool-call';

interface StreamedPart {
  readonly kind: PartKind;
  /** Its number among those of its kind. */
  readonly wireIndex: number;
  readonly head: PartHead;
  /** Its number in the vocabulary; -1 before its `part-start`. */
  index: number;
  hasText: boolean;
  /** Its end event has come. */
  hasEnded: boolean;
  /** What came while another part was open. */
  waiting: ChatEvent[];
}

/**
 * Puts the parts of a streamed answer one after another. The first that is not done streams at once; what comes of
 * others meanwhile waits. A text stays open past its end event until something else begins, because citations of it
 * may still follow. Text and thinking begin with their first word: an empty item of content is no part.
 */
export class PartSequence {
  /** Those that are open, in the order of their beginning, after those before `#first`, which are done. */
  readonly #parts: StreamedPart[] = [];
  #first = 0;
  /** The open parts by their numbers; the one that began last, where a number was given twice. */
  readonly #byNumber: Record<PartKind, Map<number, StreamedPart>> = {
    content: new Map(),
    plan: new Map(),
    'tool-call': new Map(),
  };
  #count = 0;

  begin(kind: PartKind, wireIndex: number, head: PartHead, emit: Emit): void {
    const part = { kind, wireIndex, head, index: -1, hasText: false, hasEnded: false, waiting: [] };
    this.#parts.push(part);
    this.#byNumber[kind].set(wireIndex, part);
    this.#advance(emit);
    if (kind === 'tool-call' && this.#current === part) this.#start(part, emit);
  }

  /** Whether a part is open to be written to. */
  has(kind: PartKind, wireIndex: number): boolean {
    return this.#find(kind, wireIndex) !== undefined;
  }

  /** More text of an open part. */
  append(kind: PartKind, wireIndex: number, text: string, emit: Emit): void {
    const part = this.#find(kind, wireIndex);
    if (!part || text === '') return;
    part.hasText = true;
    if (part === this.#current) {
      this.#start(part, emit);
      emit({ type: 'delta', index: part.index, text });
    } else part.waiting.push({ type: 'delta', index: -1, text });
  }

  cite(kind: PartKind, wireIndex: number, citation: Citation, emit: Emit): void {
    const part = this.#find(kind, wireIndex);
    if (part?.head.type !== 'text' || !part.hasText) return;
    if (part === this.#current) emit({ type: 'citation', index: part.index, citation });
    else part.waiting.push({ type: 'citation', index: -1, citation });
  }

  end(kind: PartKind, wireIndex: number, emit: Emit): void {
    const part = this.#find(kind, wireIndex);
    if (!part) return;
    part.hasEnded = true;
    if (part.head.type !== 'text' && part === this.#current) this.#close(emit);
    this.#advance(emit);
  }

  /** Closes whatever is open: nothing more will come. */
  closeAll(emit: Emit): void {
    while (this.#current !== undefined) this.#close(emit);
  }

  /** The open part that speaks; the others wait. */
  get #current(): StreamedPart | undefined {
    return this.#parts[this.#first];
  }

  #find(kind: PartKind, wireIndex: number): StreamedPart | undefined {
    return this.#byNumber[kind].get(wireIndex);
  }

  /** Closes parts that are done while others wait. A plan has no end event: whatever follows ends it. */
  #advance(emit: Emit): void {
    for (let part = this.#current; part !== undefined && this.#first + 1 < this.#parts.length; part = this.#current) {
      if (!part.hasEnded && part.kind !== 'plan') return;
      this.#close(emit);
    }
  }

  #start(part: StreamedPart, emit: Emit): void {
    if (part.index !== -1) return;
    part.index = this.#count++;
    emit({ type: 'part-start', index: part.index, choice: 0, part: part.head });
  }

  /** Ends the first part, and lets the next one speak. */
  #close(emit: Emit): void {
    const part = this.#takeFirst();
    if (part.kind === 'tool-call') {
      this.#start(part, emit);
      // A whole answer says `{}` where a stream says nothing.
      if (!part.hasText) emit({ type: 'delta', index: part.index, text: '{}' });
    }
    if (part.index !== -1) emit({ type: 'part-end', index: part.index });
    const next = this.#current;
    if (next) this.#release(next, emit);
  }

  #takeFirst(): StreamedPart {
    const part = this.#parts[this.#first++]!;
    const { kind, wireIndex } = part;
    if (this.#find(kind, wireIndex) === part) this.#byNumber[kind].delete(wireIndex);
    // What is done goes in batches: one at a time would move all that wait, each time.
    if (this.#first * 2 >= this.#parts.length) {
      this.#parts.splice(0, this.#first);
      this.#first = 0;
    }
    return part;
  }

  #release(part: StreamedPart, emit: Emit): void {
    if (part.kind === 'tool-call' || part.waiting.length > 0) this.#start(part, emit);
    const { waiting } = part;
    part.waiting = [];
    for (const event of waiting) {
      if (event.type === 'delta') emit({ ...event, index: part.index });
      else if (event.type === 'citation') emit({ ...event, index: part.index });
    }
  }
}
