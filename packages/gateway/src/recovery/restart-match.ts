import type { ChatEvent } from '../canonical/chat-event.ts';
import { ChoiceMatch } from './choice-match.ts';
import type { Seam } from './seam.ts';
import { type SentAnswer, sentChoices } from './sent-answer.ts';

/**
 * Filters an attempt that begins its answer anew: what the caller has is dropped, choice by choice, and the rest passes,
 * once all that was sent has come again.
 */
export class RestartMatch {
  readonly #sent: SentAnswer;
  readonly #seam: Seam;
  readonly #choices = new Map<number, ChoiceMatch>();
  /** Whose each part is that is coming. */
  readonly #owners = new Map<number, ChoiceMatch>();
  #isMismatch = false;

  constructor(sent: SentAnswer, seam: Seam) {
    this.#sent = sent;
    this.#seam = seam;
    for (const choice of sentChoices(sent)) this.#choiceAt(choice);
    this.#releaseIfMatched();
  }

  get isMismatch(): boolean {
    return this.#isMismatch || this.#seam.isOverfull;
  }

  /** All that was sent has come again, but for ends that may be told only behind the stream. */
  get mayEnd(): boolean {
    return this.#areMatched();
  }

  push(event: ChatEvent): void {
    if (this.isMismatch) return;
    const owner = this.#take(event);
    if (owner?.isMismatch) this.#isMismatch = true;
    else this.#releaseIfMatched();
  }

  #take(event: ChatEvent): ChoiceMatch | undefined {
    switch (event.type) {
      case 'part-start': {
        const choice = this.#choiceAt(event.choice);
        this.#owners.set(event.index, choice);
        choice.begin(event.part);
        return choice;
      }
      case 'delta':
      case 'signature':
      case 'citation':
      case 'part-end':
        return this.#takeOfPart(event);
      case 'logprobs':
        this.#choiceAt(event.choice).tellLogprobs(event);
        return undefined;
      case 'finish': {
        const choice = this.#choiceAt(event.choice);
        choice.finish(event.finish);
        return choice;
      }
      case 'start':
        // The caller sees one answer, with the id and the model of the first.
        if (this.#sent.start === undefined) this.#seam.write(event);
        return undefined;
      case 'usage':
        this.#seam.write(event);
        return undefined;
      case 'end':
        if (this.#seam.isReleased || this.#areMatched()) this.#end();
        else this.#isMismatch = true;
        return undefined;
      default:
        return undefined;
    }
  }

  #takeOfPart(event: Extract<ChatEvent, { type: 'delta' | 'signature' | 'citation' | 'part-end' }>) {
    const owner = this.#owners.get(event.index);
    switch (event.type) {
      case 'delta':
        owner?.add(event.text);
        break;
      case 'signature':
        owner?.sign(event.signature);
        break;
      case 'citation':
        owner?.cite(event.citation);
        break;
      default:
        this.#owners.delete(event.index);
        owner?.end();
    }
    return owner;
  }

  #end(): void {
    this.#seam.release();
    this.#seam.write({ type: 'end' });
  }

  #choiceAt(choice: number): ChoiceMatch {
    let match = this.#choices.get(choice);
    if (!match) {
      const sent = this.#sent.parts.filter((part) => part.choice === choice);
      const finish = this.#sent.finishes.get(choice);
      match = new ChoiceMatch({ choice, sent, finish, seam: this.#seam });
      this.#choices.set(choice, match);
    }
    return match;
  }

  #releaseIfMatched(): void {
    if (!this.#seam.isReleased && this.#areMatched() && this.#areEndsMet()) this.#seam.release();
  }

  #areMatched(): boolean {
    for (const choice of this.#choices.values()) if (!choice.isMatched) return false;
    return true;
  }

  /**
   * Of several choices one that was sent to its end must have ended again, since it could still turn out to go on. Of a
   * single one nothing is passed on before that is known.
   */
  #areEndsMet(): boolean {
    if (this.#choices.size === 1) return true;
    for (const choice of this.#choices.values()) if (choice.wasFinished && !choice.hasFinished) return false;
    return true;
  }
}
