import type { Finish } from '../canonical/chat-answer.ts';
import type { ChatEvent, PartHead } from '../canonical/chat-event.ts';
import type { Citation, Signature } from '../canonical/conversation.ts';
import { ArgumentMatch } from './argument-match.ts';
import { ReasoningMatch } from './reasoning-match.ts';
import type { Seam } from './seam.ts';
import { citationKey, type SentPart } from './sent-answer.ts';
import { type SentSegment, sentSegments } from './sent-segments.ts';

/** The part of the new attempt that is coming. */
interface ComingPart {
  readonly head: PartHead;
  /** All that was sent had come again when it began. */
  readonly followsSent: boolean;
  /** The part of the stream that its words are added to; undefined while none are. */
  target: number | undefined;
  /** A call that was begun before, as long as its arguments are those that were sent. */
  call: ArgumentMatch | undefined;
  /** Reasoning: compared with what was sent, passed on as new, or left out. */
  thought: 'compared' | 'new' | 'dropped';
  hasText: boolean;
}

const fresh = { target: undefined, call: undefined, thought: 'dropped', hasText: false } as const;

export interface ChoiceMatchInput {
  readonly choice: number;
  /** The parts of the choice that were sent. */
  readonly sent: readonly SentPart[];
  /** Why it ended, if the caller was told. */
  readonly finish: Finish | undefined;
  readonly seam: Seam;
}

/** Compares a choice of a new attempt with what was sent of it: what is the same is dropped, what goes beyond passes. */
export class ChoiceMatch {
  readonly #choice: number;
  readonly #seam: Seam;
  readonly #segments: readonly SentSegment[];
  readonly #reasoning: ReasoningMatch;
  /** The text that was sent last, if nothing but more of it could follow. */
  readonly #tail: SentPart | undefined;
  readonly #sentFinish: Finish | undefined;
  readonly #sentCitations: ReadonlySet<string>;
  /** Anything but reasoning was begun. */
  readonly #wasBegun: boolean;
  #position = 0;
  #offset = 0;
  #part: ComingPart | undefined;
  /** The attempt has said something that is no reasoning. */
  #hasSpoken = false;
  #isLastTextNew = false;
  hasFinished = false;
  isMismatch = false;

  constructor({ choice, sent, finish, seam }: ChoiceMatchInput) {
    this.#choice = choice;
    this.#seam = seam;
    this.#sentFinish = finish;
    const said = sent.filter(({ head }) => head.type !== 'reasoning');
    const last = said.at(-1);
    this.#segments = sentSegments(said);
    this.#wasBegun = said.length > 0;
    this.#tail = last && (last.head.type === 'text' || last.head.type === 'refusal') ? last : undefined;
    const thoughts = last === undefined ? sent : sent.slice(sent.indexOf(last) + 1);
    this.#reasoning = new ReasoningMatch(thoughts, seam);
    this.#sentCitations = new Set(sent.flatMap(({ citations }) => citations.map(citationKey)));
  }

  /** All that was sent has come again. */
  get isMatched(): boolean {
    return this.#position === this.#segments.length;
  }

  /** The caller was told that the choice had ended. */
  get wasFinished(): boolean {
    return this.#sentFinish !== undefined;
  }

  begin(head: PartHead): void {
    const part: ComingPart = { ...fresh, head, followsSent: this.isMatched };
    this.#part = part;
    switch (head.type) {
      case 'text':
      case 'refusal':
        return;
      case 'reasoning':
        this.#beginThought(part);
        return;
      case 'tool-call':
        this.#beginCall(part, head);
        return;
      default:
        if (this.isMatched) part.target = this.#beginNew(head);
        else this.#fail();
    }
  }

  add(text: string): void {
    const part = this.#part;
    if (!part || text === '') return;
    part.hasText = true;
    if (part.head.type === 'reasoning') this.#addThought(part, text);
    else if (part.head.type === 'tool-call') this.#addArguments(part, text);
    else this.#addText(part, text);
  }

  end(): void {
    const part = this.#part;
    if (!part) return;
    this.#part = undefined;
    if (part.head.type === 'reasoning' && part.thought === 'compared') this.#reasoning.end();
    else if (part.call) this.#endArguments(part.call);
    else if (part.target !== undefined) this.#seam.end(part.target);
    else if (this.#isTailOf(part)) this.#seam.end(this.#tail!.index);
  }

  sign(signature: Signature): void {
    const part = this.#part;
    if (!part) return;
    if (part.head.type === 'reasoning' && part.thought === 'compared') {
      this.#reasoning.sign(signature);
      return;
    }
    // The token of a text without words, as some answers end in one.
    const isToken = part.head.type === 'text' && !part.hasText && this.isMatched && !this.#isTailOf(part);
    if (isToken && this.#tail?.signature === undefined) part.target = this.#beginNew(part.head);
    const index = this.#targetOf(part);
    if (index !== undefined && !this.#isSigned(index)) this.#seam.write({ type: 'signature', index, signature });
  }

  cite(citation: Citation): void {
    const index = this.#part && this.#targetOf(this.#part);
    if (index === undefined || this.#sentCitations.has(citationKey(citation))) return;
    this.#seam.write({ type: 'citation', index, citation });
  }

  /** Probabilities of tokens that were sent before were sent with them. */
  tellLogprobs(event: Extract<ChatEvent, { type: 'logprobs' }>): void {
    if (this.#isLastTextNew) this.#seam.write(event);
  }

  finish(finish: Finish): void {
    if (!this.isMatched) {
      this.#fail();
      return;
    }
    this.hasFinished = true;
    if (this.#sentFinish !== undefined) return;
    this.#reasoning.settle();
    this.#seam.endAll(this.#choice);
    this.#seam.write({ type: 'finish', choice: this.#choice, finish });
  }

  #beginThought(part: ComingPart): void {
    if (!this.isMatched) return;
    if (!this.#reasoning.isOver) {
      part.thought = 'compared';
      return;
    }
    // Thoughts that precede what was said already would come behind it.
    if (this.#sentFinish !== undefined || (this.#wasBegun && !this.#hasSpoken)) return;
    part.thought = 'new';
    part.target = this.#beginNew(part.head);
  }

  #addThought(part: ComingPart, text: string): void {
    if (part.thought === 'compared') this.#reasoning.add(text);
    else if (part.target !== undefined) this.#seam.add(part.target, text);
  }

  #beginCall(part: ComingPart, head: Extract<PartHead, { type: 'tool-call' }>): void {
    this.#isLastTextNew = false;
    const segment = this.#segments[this.#position];
    if (!segment) {
      part.target = this.#beginNew(head);
      return;
    }
    const isSame = segment.kind === 'tool-call' && segment.name === head.name && segment.callKind === head.kind;
    if (!isSame) {
      this.#fail();
      return;
    }
    this.#hasSpoken = true;
    const isEnded = !this.#seam.isOpen(segment.part.index);
    part.target = segment.part.index;
    part.call = new ArgumentMatch({ sent: segment.part.text, isEnded, isJson: head.kind === 'function' });
    this.#leaveIfMet(part);
  }

  #addArguments(part: ComingPart, text: string): void {
    if (!part.call) {
      if (part.target !== undefined) this.#seam.add(part.target, text);
      return;
    }
    const fresh = part.call.push(text);
    if (fresh === undefined) {
      this.#fail();
      return;
    }
    if (fresh !== '') this.#seam.add(part.target!, fresh);
    if (fresh !== '' || part.call.isMet) this.#leave(part);
  }

  #leaveIfMet(part: ComingPart): void {
    if (part.call?.isMet) this.#leave(part);
  }

  /** The arguments that were sent have come: the rest is new. */
  #leave(part: ComingPart): void {
    part.call = undefined;
    this.#position++;
  }

  #endArguments(call: ArgumentMatch): void {
    const segment = this.#segments[this.#position];
    if (segment?.kind !== 'tool-call' || !call.end()) {
      this.#fail();
      return;
    }
    this.#position++;
    this.#seam.end(segment.part.index);
  }

  #addText(part: ComingPart, text: string): void {
    let rest = text;
    this.#isLastTextNew = this.isMatched;
    while (rest !== '' && !this.isMatched) {
      const segment = this.#segments[this.#position]!;
      if (segment.kind === 'tool-call' || segment.kind !== part.head.type) {
        this.#fail();
        return;
      }
      this.#hasSpoken = true;
      const shared = Math.min(segment.text.length - this.#offset, rest.length);
      if (!segment.text.startsWith(rest.slice(0, shared), this.#offset)) {
        this.#fail();
        return;
      }
      this.#offset += shared;
      rest = rest.slice(shared);
      if (this.#offset < segment.text.length) return;
      this.#position++;
      this.#offset = 0;
    }
    if (rest === '') return;
    part.target ??= this.#canGoOn(part) ? this.#goOn() : this.#beginNew(part.head);
    if (part.target !== undefined) this.#seam.add(part.target, rest);
  }

  /** Whether a part that comes is the text that was sent last: of one without words only its beginning tells. */
  #isTailOf(part: ComingPart): boolean {
    return this.#canGoOn(part) && (part.followsSent || this.#tail?.text !== '');
  }

  /** Whether more words belong into the text that was sent last. */
  #canGoOn(part: ComingPart): boolean {
    const tail = this.#tail;
    return this.isMatched && tail?.head.type === part.head.type && this.#seam.isOpen(tail.index);
  }

  /** More of the text that was sent last. */
  #goOn(): number | undefined {
    if (this.#refusesMore()) return undefined;
    this.#hasSpoken = true;
    return this.#tail?.index;
  }

  #beginNew(head: PartHead): number | undefined {
    if (this.#refusesMore()) return undefined;
    if (head.type !== 'reasoning') {
      this.#hasSpoken = true;
      this.#reasoning.settle();
    }
    return this.#seam.begin(this.#choice, head);
  }

  /** Nothing can follow an end that the caller was told. */
  #refusesMore(): boolean {
    if (this.#sentFinish !== undefined) this.#fail();
    return this.isMismatch;
  }

  #targetOf(part: ComingPart): number | undefined {
    if (part.call) return undefined;
    const index = part.target ?? (this.#isTailOf(part) ? this.#tail!.index : undefined);
    return index !== undefined && this.#seam.isOpen(index) ? index : undefined;
  }

  #isSigned(index: number): boolean {
    const segment = this.#segments.find(({ part }) => part.index === index);
    return (segment?.part ?? (this.#tail?.index === index ? this.#tail : undefined))?.signature !== undefined;
  }

  #fail(): void {
    this.isMismatch = true;
  }
}
