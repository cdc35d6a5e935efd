/**
 * Regular expressions whose matching time is bounded: at most pattern size × text size steps, where the language's own
 * engine can take exponential time on a pattern like `(a+)+$`. The syntax is the usual one without what makes that
 * impossible: literals, `.`, classes, `\d \w \s`, groups, `|`, `* + ? {n,m}`, `^` and `$`, and a leading `(?i)`. Back
 * references, look-around and `\b` are refused.
 */
export interface LinearPattern {
  /** Whether the pattern occurs in the text. Of a longer text only the first 256 characters are looked at. */
  readonly test: (text: string) => boolean;
}

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

const maxTextLength = 256;
const maxProgramSize = 2000;
const maxNesting = 50;

type Test = (code: number) => boolean;
type Node =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'empty' }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'either'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

type Instruction =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'split'; next: readonly number[] }
  | { readonly kind: 'start' | 'end' | 'match' };

/** Compiles a pattern. Throws `PatternError`. */
export function compileLinearPattern(pattern: string): LinearPattern {
  const ignoreCase = pattern.startsWith('(?i)');
  const node = new PatternParser(pattern, ignoreCase ? 4 : 0).parse();
  const program: Instruction[] = [];
  emit(node, program);
  program.push({ kind: 'match' });
  return {
    test(text) {
      const bounded = [...text.slice(0, maxTextLength)];
      // Both cases of a letter run side by side; a pattern in either case matches.
      const variants = ignoreCase
        ? bounded.map((one) => [codeOf(one.toLowerCase()), codeOf(one.toUpperCase())])
        : bounded.map((one) => [codeOf(one)]);
      return run(program, variants);
    },
  };
}

function codeOf(character: string): number {
  return character.codePointAt(0)!;
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > maxProgramSize) throw new PatternError('the pattern is too large', 0);
  switch (node.kind) {
    case 'empty':
      return;
    case 'one':
    case 'start':
    case 'end':
      program.push(node);
      return;
    case 'sequence':
      for (const part of node.parts) emit(part, program);
      return;
    case 'either':
      emitEither(node.parts, program);
      return;
    case 'repeat':
      emitRepeat(node, program);
  }
}

function emitEither(parts: readonly Node[], program: Instruction[]): void {
  const fork: Instruction = { kind: 'split', next: [] };
  program.push(fork);
  const starts: number[] = [];
  const exits: Extract<Instruction, { kind: 'split' }>[] = [];
  for (const part of parts) {
    starts.push(program.length);
    emit(part, program);
    const exit: Instruction = { kind: 'split', next: [] };
    exits.push(exit);
    program.push(exit);
  }
  fork.next = starts;
  for (const exit of exits) exit.next = [program.length];
}

function emitRepeat({ part, least, most }: Extract<Node, { kind: 'repeat' }>, program: Instruction[]): void {
  for (let count = 0; count < least; count++) emit(part, program);
  if (most === Number.POSITIVE_INFINITY) {
    const fork: Instruction = { kind: 'split', next: [] };
    const start = program.length;
    program.push(fork);
    emit(part, program);
    program.push({ kind: 'split', next: [start] });
    fork.next = [start + 1, program.length];
    return;
  }
  const forks: { readonly fork: Extract<Instruction, { kind: 'split' }>; readonly start: number }[] = [];
  for (let count = least; count < most; count++) {
    const fork: Instruction = { kind: 'split', next: [] };
    forks.push({ fork, start: program.length });
    program.push(fork);
    emit(part, program);
  }
  for (const { fork, start } of forks) fork.next = [start + 1, program.length];
}

/** Runs every way through the program at once, a character at a time. */
function run(program: readonly Instruction[], text: readonly (readonly number[])[]): boolean {
  let current = new Set<number>();
  for (let position = 0; position <= text.length; position++) {
    const isStart = position === 0;
    const isEnd = position === text.length;
    const reached = new Set<number>();
    // A match may begin anywhere.
    const pending = [...current, 0];
    while (pending.length > 0) {
      const index = pending.pop()!;
      if (reached.has(index)) continue;
      reached.add(index);
      const instruction = program[index]!;
      if (instruction.kind === 'match') return true;
      if (instruction.kind === 'split') pending.push(...instruction.next);
      else if ((instruction.kind === 'start' && isStart) || (instruction.kind === 'end' && isEnd))
        pending.push(index + 1);
    }
    if (isEnd) return false;
    const codes = text[position]!;
    current = new Set();
    for (const index of reached) {
      const instruction = program[index]!;
      if (instruction.kind === 'one' && codes.some((code) => instruction.test(code))) current.add(index + 1);
    }
  }
  return false;
}

const isDigit: Test = (code) => code >= 48 && code <= 57;
const isWord: Test = (code) =>
  isDigit(code) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const isSpace: Test = (code) => /\s/.test(String.fromCodePoint(code));
const classes: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  w: isWord,
  W: (code) => !isWord(code),
  s: isSpace,
  S: (code) => !isSpace(code),
};
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Reads a pattern from left to right; a class for its position only. */
class PatternParser {
  readonly #pattern: string;
  #position: number;
  #nesting = 0;

  constructor(pattern: string, start: number) {
    this.#pattern = pattern;
    this.#position = start;
  }

  parse(): Node {
    const node = this.#either();
    if (this.#position < this.#pattern.length) throw this.#error('unexpected )');
    return node;
  }

  #either(): Node {
    if (++this.#nesting > maxNesting) throw this.#error('groups are nested too deeply');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#nesting--;
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#position < this.#pattern.length && !'|)'.includes(this.#peek())) parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): Node {
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

  #single(): Node {
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
        return { kind: 'one', test: exactly(character) };
    }
  }

  #group(): Node {
    if (this.#peek() === '?' && !this.#take('?:')) throw this.#error('look-around and named groups are not supported');
    const node = this.#either();
    if (!this.#take(')')) throw this.#error('a group is not closed');
    return node;
  }

  #escape(): Test {
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

  #class(): Test {
    const isNegated = this.#take('^');
    const tests: Test[] = [];
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
    return (code) => tests.some((test) => test(code)) !== isNegated;
  }

  #classItem(): Test | number {
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

function exactly(character: string): Test {
  const expected = codeOf(character);
  return (code) => code === expected;
}
