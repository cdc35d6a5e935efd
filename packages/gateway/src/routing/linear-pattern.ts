import { type CharacterTest, PatternError, type PatternNode, parsePattern } from './pattern-syntax.ts';

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

const maxTextLength = 256;
const maxProgramSize = 500;

type Instruction =
  | { readonly kind: 'one'; readonly test: CharacterTest }
  | { readonly kind: 'split'; next: readonly number[] }
  | { readonly kind: 'start' | 'end' | 'match' };

/** Compiles a pattern. Throws `PatternError`. */
export function compileLinearPattern(pattern: string): LinearPattern {
  const program: Instruction[] = [];
  emit(parsePattern(pattern), program);
  program.push({ kind: 'match' });
  return { test: (text) => run(program, text.slice(0, maxTextLength)) };
}

function emit(node: PatternNode, program: Instruction[]): void {
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

function emitEither(parts: readonly PatternNode[], program: Instruction[]): void {
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

function emitRepeat({ part, least, most }: Extract<PatternNode, { kind: 'repeat' }>, program: Instruction[]): void {
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
function run(program: readonly Instruction[], text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  let current = new Set<number>();
  for (let position = 0; position <= codes.length; position++) {
    const reached = reach(program, current, position === 0, position === codes.length);
    if (reached === 'match') return true;
    const code = codes[position];
    if (code === undefined) return false;
    current = new Set();
    for (const index of reached) {
      const instruction = program[index]!;
      if (instruction.kind === 'one' && instruction.test(code)) current.add(index + 1);
    }
  }
  return false;
}

/** Every instruction that can be got to without reading a character. */
function reach(
  program: readonly Instruction[],
  current: ReadonlySet<number>,
  isStart: boolean,
  isEnd: boolean,
): ReadonlySet<number> | 'match' {
  const reached = new Set<number>();
  // A match may begin anywhere.
  const pending = [...current, 0];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const instruction = program[index]!;
    if (instruction.kind === 'match') return 'match';
    if (instruction.kind === 'split') pending.push(...instruction.next);
    else if ((instruction.kind === 'start' && isStart) || (instruction.kind === 'end' && isEnd))
      pending.push(index + 1);
  }
  return reached;
}
