interface HeaderLine {
  value: string;
  text: string;
}

const MOST_NAMES = 512;
const LONGEST_KEPT = 256;

/** What a header's text cannot hold: everything but tab, visible characters, blanks and the upper half of Latin-1. */
export const unfitText = /[^\t\x20-\x7e\x80-\xff]/;

/** Makes the lines of headers. The last one of each name is kept, since most headers say the same in every message. */
export class HeaderLines {
  readonly #names: RegExp;
  readonly #last = new Map<string, HeaderLine>();

  /** `names`: what is taken for a name. */
  constructor(names: RegExp) {
    this.#names = names;
  }

  /** A header with its line end; undefined when its name or its value is none that fits. */
  of(name: string, value: string): string | undefined {
    const last = this.#last.get(name);
    if (last !== undefined && last.value === value) return last.text;
    if (unfitText.test(value) || (last === undefined && !this.#names.test(name))) return undefined;
    const text = `${name}: ${value}\r\n`;
    if (text.length > LONGEST_KEPT) return text;
    if (last !== undefined) {
      last.value = value;
      last.text = text;
    } else if (this.#last.size < MOST_NAMES) {
      this.#last.set(name, { value, text });
    }
    return text;
  }
}
