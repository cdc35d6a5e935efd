/** A condition that cannot be understood, and where. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
  /** Column in the condition, counted from 1. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(`${message} at position ${position}`);
    this.position = position;
  }
}

/** A piece of a condition. `string` has its quotes taken off and its escapes resolved. */
export interface ConditionToken {
  readonly kind: 'word' | 'string' | 'symbol' | 'end';
  readonly text: string;
  /** Column of its first character, counted from 1. */
  readonly position: number;
}

const maxLength = 4096;
const word = /[A-Za-z0-9_][\w.-]*/y;
const symbol = /==|!=|[()[\],*]/y;
const quoted = /(['"])((?:\\[\s\S]|(?!\1)[^\\])*)\1/y;

/** Cuts a condition into its pieces; the last one is always `end`. Throws `ConditionError`. */
export function readConditionTokens(text: string): readonly ConditionToken[] {
  if (text.length > maxLength) throw new ConditionError(`longer than ${maxLength} characters`, maxLength + 1);
  const tokens: ConditionToken[] = [];
  let index = 0;
  for (;;) {
    while (index < text.length && /\s/.test(text[index]!)) index++;
    const position = index + 1;
    if (index === text.length) {
      tokens.push({ kind: 'end', text: '', position });
      return tokens;
    }
    const [kind, match] = readToken(text, index);
    // Only a quote or a backslash is escaped: a pattern keeps its own backslashes.
    const value = kind === 'string' ? match[2]!.replace(/\\(['"\\])/g, '$1') : match[0];
    tokens.push({ kind, text: value, position });
    index += match[0].length;
  }
}

function readToken(text: string, index: number): readonly [ConditionToken['kind'], RegExpExecArray] {
  for (const [kind, expression] of [
    ['word', word],
    ['symbol', symbol],
    ['string', quoted],
  ] as const) {
    expression.lastIndex = index;
    const match = expression.exec(text);
    if (match !== null) return [kind, match];
  }
  const character = text[index]!;
  const isQuote = character === "'" || character === '"';
  throw new ConditionError(isQuote ? 'a quote is not closed' : `unexpected '${character}'`, index + 1);
}
