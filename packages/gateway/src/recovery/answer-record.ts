import type { Finish } from '../canonical/chat-answer.ts';
import type { ChatEvent, PartHead, StartEvent } from '../canonical/chat-event.ts';
import type { Citation, Signature } from '../canonical/conversation.ts';
import type { Usage } from '../canonical/usage.ts';
import type { SentAnswer, SentPart } from './sent-answer.ts';

interface RecordedPart {
  readonly index: number;
  readonly choice: number;
  readonly head: PartHead;
  readonly pieces: string[];
  signature: Signature | undefined;
  readonly citations: Citation[];
  isEnded: boolean;
}

/** UTF-16 units of an answer's text that are remembered at most: some 250,000 tokens, more than models answer with. */
const MAX_LENGTH = 1024 * 1024;
/** What a part or a citation takes beside its text, in UTF-16 units; roughly. */
const OVERHEAD = 256;

/**
 * Remembers what a stream has told. It runs for every event of every translated stream and is needed for the few that
 * break off, so it only keeps pieces; they are put together when somebody asks.
 */
export class AnswerRecord {
  readonly #maxLength: number;
  readonly #parts: (RecordedPart | undefined)[] = [];
  readonly #finishes = new Map<number, Finish>();
  #start: StartEvent | undefined;
  #usage: Usage | undefined;
  #hasEnded = false;
  #length = 0;

  /** `maxLength`: UTF-16 units of text that are kept; of a longer answer nothing is. */
  constructor(maxLength = MAX_LENGTH) {
    this.#maxLength = maxLength;
  }

  push(event: ChatEvent): void {
    if (event.type === 'delta') {
      const part = this.#parts[event.index];
      if (part === undefined) return;
      part.pieces.push(event.text);
      this.#weigh(event.text.length);
      return;
    }
    this.#note(event);
  }

  /** Undefined when the answer was too long to be kept. */
  answer(): SentAnswer | undefined {
    if (this.#length > this.#maxLength) return undefined;
    return {
      start: this.#start,
      parts: this.#parts.filter((part) => part !== undefined).map(sentPart),
      finishes: new Map(this.#finishes),
      usage: this.#usage,
      hasEnded: this.#hasEnded,
    };
  }

  #note(event: Exclude<ChatEvent, { type: 'delta' }>): void {
    switch (event.type) {
      case 'start':
        this.#start = event;
        return;
      case 'part-start':
        this.#begin(event);
        return;
      case 'part-end': {
        const part = this.#parts[event.index];
        if (part) part.isEnded = true;
        return;
      }
      case 'signature': {
        const part = this.#parts[event.index];
        if (part) part.signature = event.signature;
        return;
      }
      case 'citation': {
        this.#parts[event.index]?.citations.push(event.citation);
        this.#weigh(OVERHEAD);
        return;
      }
      case 'finish':
        this.#finish(event.choice, event.finish);
        return;
      case 'usage':
        this.#usage = event.usage;
        return;
      case 'end':
        this.#hasEnded = true;
    }
  }

  #begin({ index, choice, part: head }: Extract<ChatEvent, { type: 'part-start' }>): void {
    this.#parts[index] = { index, choice, head, pieces: [], signature: undefined, citations: [], isEnded: false };
    this.#weigh(OVERHEAD + ('source' in head && head.source.kind === 'data' ? head.source.data.length : 0));
  }

  /** No part goes on after the finish of its choice. */
  #finish(choice: number, finish: Finish): void {
    this.#finishes.set(choice, finish);
    for (const part of this.#parts) if (part?.choice === choice) part.isEnded = true;
  }

  #weigh(length: number): void {
    this.#length += length;
    if (this.#length > this.#maxLength) this.#parts.length = 0;
  }
}

function sentPart({ pieces, citations, ...part }: RecordedPart): SentPart {
  return { ...part, citations: [...citations], text: pieces.join('') };
}
