export interface ArgumentMatchInput {
  /** What the caller has of the arguments. */
  readonly sent: string;
  /** Nothing can be added to it any more. */
  readonly isEnded: boolean;
  /** JSON, in which white space between tokens says nothing. */
  readonly isJson: boolean;
}

/**
 * Compares the arguments of a call, as they come, with those that were sent of it. JSON is compared without the white
 * space between its tokens, where providers differ though they say the same. Linear in the text.
 */
export class ArgumentMatch {
  readonly #sent: string;
  readonly #isEnded: boolean;
  readonly #isJson: boolean;
  /** Where the white space begins that ends what was sent, if it is JSON and not in a string there. */
  readonly #blankFrom: number;
  /** How much of what was sent has been met. */
  #at = 0;
  /** What came is that, character by character. */
  #isExact = true;
  #hasCome = false;
  #inString = false;
  #isEscaped = false;
  /** The last character that counts, and whether white space came after it, on either side. */
  #last = '';
  #hasGap = false;
  #hasSentGap = false;

  constructor({ sent, isEnded, isJson }: ArgumentMatchInput) {
    // A call without arguments has none on some wires, and an empty object on others.
    this.#sent = isJson && isEnded && sent.trim() === '' ? '{}' : sent;
    this.#isEnded = isEnded;
    this.#isJson = isJson;
    let blankFrom = this.#sent.length;
    while (blankFrom > 0 && isBlank(this.#sent[blankFrom - 1]!)) blankFrom--;
    this.#blankFrom = blankFrom;
  }

  /** Everything that was sent has been met, and what comes now is new. */
  get isMet(): boolean {
    return !this.#isEnded && this.#at === this.#sent.length;
  }

  /** Takes more of what comes. Answers what is new of it; undefined: it is something else than what was sent. */
  push(text: string): string | undefined {
    if (text !== '') this.#hasCome = true;
    if (this.#isExact && this.#sent.startsWith(text, this.#at)) {
      this.#at += text.length;
      return '';
    }
    if (!this.#isJson) return this.#pushFreeText(text);
    this.#beginScan();
    return this.#scan(text);
  }

  /** Nothing more comes. Whether it came to what was sent. */
  end(): boolean {
    if (this.#at === this.#sent.length) return true;
    if (!this.#isJson) return false;
    return this.#isRestBlank() || (!this.#hasCome && this.#sent.trim() === '{}');
  }

  #pushFreeText(text: string): string | undefined {
    const rest = this.#sent.slice(this.#at);
    if (this.#isEnded || !text.startsWith(rest)) return undefined;
    this.#at = this.#sent.length;
    return text.slice(rest.length);
  }

  /** From the first difference on it is looked at each character; up to there both sides are the same. */
  #beginScan(): void {
    if (!this.#isExact) return;
    this.#isExact = false;
    for (let index = 0; index < this.#at; index++) {
      const character = this.#sent[index]!;
      if (!this.#inString && isBlank(character)) {
        this.#hasGap = true;
        this.#hasSentGap = true;
      } else this.#note(character);
    }
  }

  #scan(text: string): string | undefined {
    for (let index = 0; index < text.length; index++) {
      const character = text[index]!;
      if (this.#at === this.#sent.length && !this.#isEnded && !this.#isApart(character)) return text.slice(index);
      if (!this.#inString && isBlank(character)) {
        this.#hasGap = true;
        continue;
      }
      this.#skipSentBlanks();
      if (this.#splitsScalar(character)) return undefined;
      if (this.#at === this.#sent.length) return this.#isEnded ? undefined : text.slice(index);
      if (this.#sent[this.#at] !== character) return undefined;
      this.#at++;
      this.#note(character);
    }
    return '';
  }

  /** Whether a blank that was sent would part what comes without one: `1` and `2` of 12. */
  #isApart(character: string): boolean {
    return !this.#inString && !isBlank(character) && this.#splitsScalar(character);
  }

  #splitsScalar(character: string): boolean {
    if (this.#inString || this.#hasGap === this.#hasSentGap) return false;
    return isScalar(this.#last) && isScalar(character);
  }

  #skipSentBlanks(): void {
    if (this.#inString) return;
    while (this.#at < this.#sent.length && isBlank(this.#sent[this.#at]!)) {
      this.#at++;
      this.#hasSentGap = true;
    }
  }

  #note(character: string): void {
    this.#last = character;
    this.#hasGap = false;
    this.#hasSentGap = false;
    if (!this.#inString) this.#inString = character === '"';
    else if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\') this.#isEscaped = true;
    else if (character === '"') this.#inString = false;
  }

  /** Whether all that is left of what was sent is white space between tokens. */
  #isRestBlank(): boolean {
    if (!this.#isJson || this.#at < this.#blankFrom) return false;
    this.#beginScan();
    return !this.#inString;
  }
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}

/** Characters of numbers, `true`, `false` and `null`, which end at anything else. */
function isScalar(character: string): boolean {
  return /[\w+.-]/.test(character);
}
