/** What a command line without a command stands for. */
export type Shorthand =
  /** A command is named, or nothing can be said: commander reads it as it is. */
  | { readonly kind: 'none' }
  /** `llm-gateway config.yaml`, `llm-gateway --port 9000`: `start` with these arguments. */
  | { readonly kind: 'start'; readonly argv: readonly string[] }
  /** Nothing but global options: `start` when there is something to start. */
  | { readonly kind: 'bare'; readonly argv: readonly string[] };

export interface ShorthandInput {
  readonly argv: readonly string[];
  readonly commandNames: readonly string[];
  /** Whether a file of that name is there. */
  readonly isFile: (name: string) => boolean;
}

const globalFlag = /^(-v+|--verbose|--json|--(url|api-key)=.*|-[uk].+)$/;
const globalWithValue = new Set(['-u', '--url', '-k', '--api-key']);
const configFileName = /\.(ya?ml|toml|json|env)$|(^|\/)\.env$/i;

/** Finds out whether `start` was left out. The first word that is no command but a file is a configuration. */
export function readShorthand({ argv, commandNames, isFile }: ShorthandInput): Shorthand {
  let index = 0;
  for (; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (globalWithValue.has(word)) index += 1;
    else if (!globalFlag.test(word)) break;
  }
  const globals = argv.slice(0, index);
  const rest = argv.slice(index);
  const word = rest[0];
  if (word === undefined) return { kind: 'bare', argv: [...globals, 'start'] };
  const start: Shorthand = { kind: 'start', argv: [...globals, 'start', ...rest] };
  if (word.startsWith('-')) return isQuestion(word) ? { kind: 'none' } : start;
  if (commandNames.includes(word)) return { kind: 'none' };
  return configFileName.test(word) || isFile(word) ? start : { kind: 'none' };
}

function isQuestion(word: string): boolean {
  return ['-h', '--help', '-V', '--version', '--'].includes(word);
}
