const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const SPACE = 32;

/**
 * Tells of an object's JSON text that comes in pieces whether it is whole. Each piece is looked at once: to parse all
 * of the text whenever more has come would take time with the square of its length.
 */
export class ArgumentScan {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #hasEnded = false;
  /** It is no object, or something follows it. */
  #isBroken = false;

  /** Nothing came but blanks. */
  get isEmpty(): boolean {
    return this.#depth === 0 && !this.#hasEnded && !this.#isBroken;
  }

  get isWhole(): boolean {
    return this.#hasEnded && !this.#isBroken;
  }

  add(text: string): void {
    if (this.#isBroken) return;
    for (let index = 0; index < text.length; index++) this.#take(text.charCodeAt(index));
  }

  #take(unit: number): void {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (unit === BACKSLASH) this.#isEscaped = true;
      else if (unit === QUOTE) this.#isInString = false;
    } else if (unit <= SPACE) return;
    else if (this.#hasEnded || (this.#depth === 0 && unit !== OPEN_BRACE)) this.#isBroken = true;
    else if (unit === QUOTE) this.#isInString = true;
    else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) this.#depth++;
    else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      this.#depth--;
      this.#hasEnded = this.#depth === 0;
    }
  }
}
