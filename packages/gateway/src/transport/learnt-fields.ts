import { fieldToken, fieldValue } from '../framing/header-field.ts';
import { unfitText } from '../framing/header-lines.ts';
import { malformed } from './upstream-error.ts';

/** What a header says of the message and its connection; of most, nothing. */
export type FieldMeaning = 'plain' | 'content-length' | 'transfer-encoding' | 'connection' | 'keep-alive';

/** A header as it came last. */
export interface LearntField {
  /** As the upstream spelt it, and the same string each time. */
  readonly name: string;
  /** The name with its colon. */
  readonly opening: string;
  readonly meaning: FieldMeaning;
  /** It is one of those that are remembered. */
  readonly isKept: boolean;
  /** The whole line without its end; empty when none is expected again. */
  line: string;
  value: string;
  /** How often in a row it said something else than before. */
  changes: number;
  /** The header that came behind it. */
  next: LearntField | undefined;
}

/** A hostile upstream cannot fill the memory. */
const MOST_FIELDS = 512;
const LONGEST_NAME = 64;
const LONGEST_LINE = 256;
/** A header that changes so often in a row is not expected to say the same again. */
const MOST_CHANGES = 8;

const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

/**
 * Reads the headers of an upstream's responses, one after the other. An upstream sends the same names in the same order, and many
 * of them with the same value, so each line is first compared with the one that came at its place before; what is the same needs
 * no reading. One for all connections to an upstream.
 */
export class LearntFields {
  readonly #known = new Map<string, LearntField>();
  /** Stands before the first header of a head. */
  readonly #start = createField('', 'plain', true);
  #last = this.#start;
  /** The value of the header that was read last, without the blanks around it. */
  value = '';
  /** Where its line ends. */
  end = 0;

  /** A head begins. */
  begin(): void {
    this.#last = this.#start;
  }

  /** Reads the header that begins at `start` in the text of a head. Throws `UPSTREAM_MALFORMED` for what is none. */
  read(text: string, start: number): LearntField {
    const expected = this.#last.next;
    const field =
      expected !== undefined && this.#isSame(text, start, expected) ? expected : this.#readAnew(text, start, expected);
    this.#last = field;
    return field;
  }

  #isSame(text: string, start: number, expected: LearntField): boolean {
    const { line } = expected;
    const end = start + line.length;
    if (line === '' || !isLineEnd(text, end) || !hasAt(text, start, line)) return false;
    expected.changes = 0;
    this.value = expected.value;
    this.end = end;
    return true;
  }

  #readAnew(text: string, start: number, expected: LearntField | undefined): LearntField {
    const end = lineEnd(text, start);
    const isExpected = expected !== undefined && hasAt(text, start, expected.opening);
    const field = isExpected ? expected : this.#fieldAt(text, start, end);
    const value = fieldValue(text, start + field.opening.length, end);
    if (unfitText.test(value)) throw malformed('the head has a control character');
    this.value = value;
    this.end = end;
    if (field.isKept) {
      this.#last.next = field;
      learn(field, text.slice(start, end), value);
    }
    return field;
  }

  #fieldAt(text: string, start: number, end: number): LearntField {
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon > end) throw malformed('a header has no colon');
    const spelt = text.slice(start, colon);
    const known = this.#known.get(spelt);
    if (known !== undefined) return known;
    if (!fieldToken.test(spelt)) throw malformed('a header has no proper name');
    const name = copyOf(spelt);
    const lower = name.toLowerCase();
    const isKept = this.#known.size < MOST_FIELDS && name.length <= LONGEST_NAME;
    const field = createField(name, framing.has(lower) ? (lower as FieldMeaning) : 'plain', isKept);
    if (isKept) this.#known.set(name, field);
    return field;
  }
}

function createField(name: string, meaning: FieldMeaning, isKept: boolean): LearntField {
  return { name, opening: `${name}:`, meaning, isKept, line: '', value: '', changes: 0, next: undefined };
}

function learn(field: LearntField, line: string, value: string): void {
  if (field.changes === MOST_CHANGES) {
    field.line = '';
    return;
  }
  field.changes++;
  field.line = line.length <= LONGEST_LINE ? copyOf(line) : '';
  field.value = field.line === '' ? '' : copyOf(value);
}

/** A part of a text holds all of the text in memory, and takes longer to compare. */
function copyOf(part: string): string {
  return Buffer.from(part, 'latin1').toString('latin1');
}

/** Takes a third of the time that startsWith does for a line (Node 20). */
function hasAt(text: string, start: number, part: string): boolean {
  return text.slice(start, start + part.length) === part;
}

/** Where a line ends; the last one ends with the text. */
export function lineEnd(text: string, start: number): number {
  const carriageReturn = text.indexOf('\r', start);
  const lineFeed = text.indexOf('\n', start);
  if (carriageReturn === -1 && lineFeed === -1) return text.length;
  if (carriageReturn === -1 || lineFeed !== carriageReturn + 1) throw malformed('a line of the head ends oddly');
  return carriageReturn;
}

function isLineEnd(text: string, at: number): boolean {
  if (at === text.length) return true;
  return text.charCodeAt(at) === CARRIAGE_RETURN && text.charCodeAt(at + 1) === LINE_FEED;
}

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
