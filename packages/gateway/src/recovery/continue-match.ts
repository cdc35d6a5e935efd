import type { ChatEvent } from '../canonical/chat-event.ts';
import { Continuation } from './continuation.ts';
import type { Seam } from './seam.ts';
import { type SentAnswer, sentText } from './sent-answer.ts';

/** UTF-16 units by which an answer is known to repeat its beginning; fewer may be the same by chance. */
const ECHO = 20;
/** Events that wait at most until that is known. */
const MAX_UNDECIDED = 256;

export interface ContinueMatchInput {
  readonly sent: SentAnswer;
  readonly seam: Seam;
  /** The provider is known to begin its answers with the beginning that it was given. */
  readonly repeatsBeginning: boolean;
}

/**
 * Filters an attempt that was given the beginning of the answer to go on with. Some repeat that beginning nevertheless:
 * then it is dropped, if it is the same.
 */
export class ContinueMatch {
  readonly #continuation: () => Continuation;
  /** What the attempt was given: all that was said but for white space at its end. */
  readonly #beginning: string;
  /** As much of it as must come again to know. */
  readonly #mark: string;
  /** What came before it was known; undefined afterwards. */
  #undecided: ChatEvent[] | undefined = [];
  #text = '';
  /** How much of the beginning has come again; undefined when it does not, or has come whole. */
  #repeated: number | undefined;
  #match: Continuation | undefined;
  readonly #texts = new Set<number>();
  readonly #thoughts = new Set<number>();
  isMismatch = false;

  constructor({ sent, seam, repeatsBeginning }: ContinueMatchInput) {
    this.#continuation = () => new Continuation(sent, seam);
    this.#beginning = sentText(sent).trimEnd();
    const isLong = this.#beginning.length >= ECHO;
    this.#mark = repeatsBeginning || isLong ? this.#beginning.slice(0, ECHO) : '';
    if (this.#mark === '') this.#goOn();
  }

  /** Too little has come to be the beginning again: what ends here went on with it. */
  get mayEnd(): boolean {
    return this.#undecided !== undefined;
  }

  push(event: ChatEvent): void {
    // The caller sees one answer, with the id and the model of the first; thoughts are left out either way.
    if (this.isMismatch || event.type === 'start' || this.#isThought(event)) return;
    if (event.type === 'part-start' && event.part.type === 'text') this.#texts.add(event.index);
    const undecided = this.#undecided;
    if (undecided === undefined) {
      this.#pass(event);
      return;
    }
    undecided.push(event);
    if (undecided.length > MAX_UNDECIDED) this.#goOn();
    else this.#decide(event);
  }

  #decide(event: ChatEvent): void {
    if (event.type === 'delta' && this.#texts.has(event.index)) {
      this.#text += event.text.slice(0, this.#mark.length - this.#text.length);
      if (!this.#mark.startsWith(this.#text)) this.#goOn();
      else if (this.#text.length === this.#mark.length) this.#goOn(0);
    } else if (!this.#isSilent(event)) this.#goOn();
  }

  /** Whether an event says nothing of the answer that a text could not follow. */
  #isSilent(event: ChatEvent): boolean {
    if (event.type === 'part-start') return event.part.type === 'text';
    return event.type === 'part-end' || event.type === 'usage' || event.type === 'logprobs';
  }

  #isThought(event: ChatEvent): boolean {
    if (event.type === 'part-start' && event.part.type === 'reasoning') this.#thoughts.add(event.index);
    return 'index' in event && this.#thoughts.has(event.index);
  }

  /** It is known now whether the beginning is repeated. */
  #goOn(repeated?: number): void {
    const events = this.#undecided ?? [];
    this.#undecided = undefined;
    this.#repeated = repeated;
    if (repeated === undefined) this.#match = this.#continuation();
    for (const event of events) this.#pass(event);
  }

  #pass(event: ChatEvent): void {
    if (this.isMismatch) return;
    if (this.#repeated === undefined) this.#match?.push(event);
    else if (event.type === 'delta' && this.#texts.has(event.index)) this.#drop(event, this.#repeated);
    else if (!this.#isSilent(event) && event.type !== 'citation') this.isMismatch = true;
  }

  /** Drops what repeats the beginning. */
  #drop({ index, text }: Extract<ChatEvent, { type: 'delta' }>, repeated: number): void {
    const shared = Math.min(this.#beginning.length - repeated, text.length);
    if (!this.#beginning.startsWith(text.slice(0, shared), repeated)) {
      this.isMismatch = true;
      return;
    }
    this.#repeated = repeated + shared;
    if (this.#repeated < this.#beginning.length) return;
    this.#repeated = undefined;
    this.#match = this.#continuation();
    this.#match.push({ type: 'part-start', index, choice: 0, part: { type: 'text' } });
    if (shared < text.length) this.#match.push({ type: 'delta', index, text: text.slice(shared) });
  }
}
