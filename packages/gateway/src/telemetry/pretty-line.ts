import picocolors from 'picocolors';

type Colors = ReturnType<typeof picocolors.createColors>;

/** Writes a record as one compact line for people; a stack follows on lines of its own. */
export type PrettyLine = (record: Readonly<Record<string, unknown>>) => string;

/** Makes the writer of lines for terminals. Control characters are shown as escapes, so that no value can forge a line. */
export function createPrettyLine(options: { readonly color: boolean }): PrettyLine {
  const colors = picocolors.createColors(options.color);
  const levels: Readonly<Record<string, string>> = {
    ERROR: colors.red('ERROR'),
    WARN: colors.yellow('WARN '),
    INFO: colors.green('INFO '),
    DEBUG: colors.blue('DEBUG'),
    TRACE: colors.magenta('TRACE'),
  };
  return function prettyLine(record) {
    const { timestamp, level, target, message, ...fields } = record;
    const stacks: string[] = [];
    const parts = [
      colors.dim(String(timestamp).slice(11, 23)),
      levels[String(level)] ?? String(level),
      colors.cyan(`${visible(String(target))}:`),
      visible(String(message)),
    ];
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) parts.push(`${colors.dim(`${visible(name)}=`)}${fieldText(value, stacks)}`);
    }
    return `${parts.join(' ')}\n${stacks.map((stack) => stackText(stack, colors)).join('')}`;
  };
}

function fieldText(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? visible(value) : visible(JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return String(value);
  const json = JSON.stringify(value, (name, inner: unknown) => {
    if (name !== 'stack' || typeof inner !== 'string') return inner;
    stacks.push(inner);
    return undefined;
  });
  return visible(json);
}

function stackText(stack: string, colors: Colors): string {
  const lines = stack.split('\n').slice(1);
  return lines.map((line) => `${colors.dim(`    ${visible(line.trim())}`)}\n`).join('');
}

/** Control characters, line separators and marks that turn the direction of writing. */
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal must not get.
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function visible(text: string): string {
  return text.replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
