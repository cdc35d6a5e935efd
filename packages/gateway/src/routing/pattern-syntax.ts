/** The pattern is not one of those that can be matched in bounded time, or not one at all. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  /** Where in the pattern, counted from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

const maxNesting = 50;

/** Whether a character, by its code point, fits. */
export type CharacterTest = (code: number) => boolean;

/** A pattern as it was read. */
export type PatternNode =
  | { readonly kind: 'one'; readonly test: CharacterTest }
  | { readonly kind: 'empty' }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'either'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number };

/** Reads a pattern. Throws `PatternError`. */
export function parsePattern(pattern: string): PatternNode {
  return new PatternParser(pattern).parse();
}

const isDigit: CharacterTest = (code) => code >= 48 && code <= 57;
const isWord: CharacterTest = (code) =>
  isDigit(code) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const isSpace: CharacterTest = (code) => /\s/.test(String.fromCodePoint(code));
const classes: Readonly<Partial<Record<string, CharacterTest>>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  w: isWord,
  W: (code) => !isWord(code),
  s: isSpace,
  S: (code) => !isSpace(code),
};
const controls: Readonly<Partial<Record<string, string>>> = { n: '\n', r: '\r', t: '\t' };

/** Reads a pattern from left to right; a class for its position only. */
class PatternParser {
  readonly #pattern: string;
  #position: number;
  #nesting = 0;

  readonly #fold: (test: CharacterTest) => CharacterTest;

  constructor(pattern: string) {
    const ignoresCase = pattern.startsWith('(?i)');
    this.#pattern = pattern;
    this.#position = ignoresCase ? 4 : 0;
    this.#fold = ignoresCase ? inEitherCase : (test) => test;
  }

  parse(): PatternNode {
    const node = this.#either();
    if (this.#position < this.#pattern.length) throw this.#error('unexpected )');
    return node;
  }

  #either(): PatternNode {
    if (++this.#nesting > maxNesting) throw this.#error('groups are nested too deeply');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#nesting--;
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#position < this.#pattern.length && !'|)'.includes(this.#peek())) parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): PatternNode {
    let part = this.#single();
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === undefined) return part;
      part = { kind: 'repeat', part, least: bounds[0], most: bounds[1] };
      // Lazy or greedy makes no difference to whether there is a match.
      this.#take('?');
    }
  }

  #bounds(): readonly [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const counts = /^\{(\d{1,3})(?:(,)(\d{0,3}))?\}/.exec(this.#pattern.slice(this.#position, this.#position + 10));
    if (counts === null) return undefined;
    const least = Number(counts[1]);
    const most = counts[2] === undefined ? least : counts[3] === '' ? Number.POSITIVE_INFINITY : Number(counts[3]);
    if (most < least || least > 100 || (most > 100 && most !== Number.POSITIVE_INFINITY)) {
      throw this.#error('a repeat count must be in order and at most 100');
    }
    this.#position += counts[0].length;
    return [least, most];
  }

  #single(): PatternNode {
    const character = this.#next();
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'one', test: (code) => code !== 10 && code !== 13 && code !== 0x2028 && code !== 0x2029 };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'one', test: this.#class() };
      case '\\':
        return { kind: 'one', test: this.#escape() };
      case '*':
      case '+':
      case '?':
        this.#position--;
        throw this.#error(`nothing to repeat before ${character}`);
      default:
        return { kind: 'one', test: this.#fold(exactly(character)) };
    }
  }

  #group(): PatternNode {
    if (this.#peek() === '?' && !this.#take('?:')) throw this.#error('look-around and named groups are not supported');
    const node = this.#either();
    if (!this.#take(')')) throw this.#error('a group is not closed');
    return node;
  }

  #escape(): CharacterTest {
    const character = this.#next();
    const known = classes[character];
    if (known !== undefined) return known;
    const control = controls[character];
    if (control !== undefined) return exactly(control);
    if (/[A-Za-z0-9]/.test(character)) {
      this.#position -= 1;
      throw this.#error(`\\${character} is not supported`);
    }
    return exactly(character);
  }

  #class(): CharacterTest {
    const isNegated = this.#take('^');
    const tests: CharacterTest[] = [];
    while (!this.#take(']')) {
      const first = this.#classItem();
      if (typeof first === 'function') tests.push(first);
      else if (this.#peek() === '-' && this.#pattern[this.#position + 1] !== ']') {
        this.#position++;
        const last = this.#classItem();
        if (typeof last === 'function' || last < first) throw this.#error('a range is out of order');
        tests.push((code) => code >= first && code <= last);
      } else tests.push((code) => code === first);
    }
    const isListed = this.#fold((code) => tests.some((test) => test(code)));
    return (code) => isListed(code) !== isNegated;
  }

  #classItem(): CharacterTest | number {
    const character = this.#next();
    if (character !== '\\') return codeOf(character);
    const escaped = this.#peek();
    if (classes[escaped] !== undefined) return this.#escape();
    const control = controls[escaped];
    if (control === undefined && /[A-Za-z0-9]/.test(escaped)) throw this.#error(`\\${escaped} is not supported`);
    this.#next();
    return codeOf(control ?? escaped);
  }

  #peek(): string {
    const code = this.#pattern.codePointAt(this.#position);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #next(): string {
    const character = this.#peek();
    if (character === '') throw this.#error('the pattern ends too early');
    this.#position += character.length;
    return character;
  }

  #take(expected: string): boolean {
    if (!this.#pattern.startsWith(expected, this.#position)) return false;
    this.#position += expected.length;
    return true;
  }

  #error(message: string): PatternError {
    return new PatternError(message, this.#position);
  }
}

function exactly(character: string): CharacterTest {
  const expected = codeOf(character);
  return (code) => code === expected;
}

function inEitherCase(test: CharacterTest): CharacterTest {
  return (code) => {
    const character = String.fromCodePoint(code);
    return test(codeOf(character.toLowerCase())) || test(codeOf(character.toUpperCase()));
  };
}

function codeOf(character: string): number {
  return character.codePointAt(0)!;
}
