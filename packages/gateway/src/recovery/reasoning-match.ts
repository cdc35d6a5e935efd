import type { Signature } from '../canonical/conversation.ts';
import type { Seam } from './seam.ts';
import type { SentPart } from './sent-answer.ts';

/**
 * The reasoning that was sent last, and what a new attempt reasons in its place. No two attempts think alike, and nobody
 * builds on thoughts: they go on where they happen to be the same. Where they are not, what was sent of them stays as it
 * is, unsigned, as that of models is that sign none, and what the attempt thinks instead is left out.
 */
export class ReasoningMatch {
  readonly #parts: readonly SentPart[];
  readonly #last: SentPart | undefined;
  /** All that was sent of it: wires cut thoughts into parts where they please. */
  readonly #text: string;
  readonly #seam: Seam;
  #offset = 0;
  /** `apart`: it is other reasoning than what was sent. `over`: what comes now is new. */
  #state: 'matching' | 'apart' | 'over';

  constructor(parts: readonly SentPart[], seam: Seam) {
    this.#parts = parts;
    this.#last = parts.at(-1);
    this.#text = parts.map(({ text }) => text).join('');
    this.#seam = seam;
    this.#state = parts.length > 0 ? 'matching' : 'over';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** More of a part of the attempt's reasoning. */
  add(text: string): void {
    const last = this.#last;
    if (this.#state !== 'matching' || !last) return;
    const left = this.#text.length - this.#offset;
    const isLonger = text.length > left;
    const isSame = this.#text.startsWith(isLonger ? text.slice(0, left) : text, this.#offset);
    // Nothing can be added to what is signed.
    if (!isSame || (isLonger && (last.signature !== undefined || !this.#seam.isOpen(last.index)))) {
      this.#leaveApart();
      return;
    }
    this.#offset += Math.min(left, text.length);
    if (isLonger) this.#seam.add(last.index, text.slice(left));
  }

  sign(signature: Signature): void {
    const last = this.#last;
    if (this.#state !== 'matching' || !last || last.signature !== undefined) return;
    if (this.#offset < this.#text.length || !this.#seam.isOpen(last.index)) return;
    this.#seam.write({ type: 'signature', index: last.index, signature });
  }

  /** A part of the attempt's reasoning has ended. */
  end(): void {
    if (this.#state !== 'matching' || !this.#last || this.#offset < this.#text.length) return;
    this.#seam.end(this.#last.index);
    this.#state = 'over';
  }

  /** Something else than reasoning follows what was sent. */
  settle(): void {
    if (this.#state === 'matching') this.#leaveApart();
    this.#state = 'over';
  }

  /** It is other reasoning: what was sent ends as it is. */
  #leaveApart(): void {
    this.#state = 'apart';
    for (const { index } of this.#parts) this.#seam.end(index);
  }
}
