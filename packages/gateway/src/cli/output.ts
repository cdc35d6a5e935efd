import picocolors from 'picocolors';
import type { CommandFailure } from './command-failure.ts';
import type { CommandLineIo } from './command-line-io.ts';
import { printableLine } from './printable-text.ts';

type Colors = ReturnType<typeof picocolors.createColors>;

/** How something stands, which a terminal that wants colours shows by one. */
export type Tone = 'good' | 'warning' | 'bad' | 'quiet';
/** How a cell stands; undefined: it says nothing of the kind. */
export type ToneOf = (row: number, column: number) => Tone | undefined;

/** Writes what a command found: for people on a terminal, for `awk` in a pipe, as a JSON envelope with `--json`. */
export interface Output {
  readonly json: boolean;
  /** Colours that are no-ops unless stdout is a terminal that wants them. */
  readonly colors: Colors;
  /** One line on stdout; nothing with `--json`. */
  line(text?: string): void;
  /** Boxed on a terminal, otherwise tab-separated lines with a heading line; nothing with `--json`. */
  table(headings: readonly string[], rows: readonly (readonly string[])[], toneOf?: ToneOf): Promise<void>;
  /** Text on stdout as it is, without a line end; nothing with `--json`. */
  text(text: string): void;
  /** One envelope `{success: true, data}` on one line; nothing without `--json`. */
  success(data: unknown): void;
  /** The failure: an envelope `{success: false, error}` on stdout with `--json`, a sentence on stderr without. */
  failure(failure: CommandFailure): void;
  /** One line on stderr, with `--json` too. */
  notice(text: string): void;
  warning(text: string): void;
}

export function createOutput(io: CommandLineIo, json: boolean): Output {
  const noColor = io.env['NO_COLOR'] !== undefined && io.env['NO_COLOR'] !== '';
  const colors = picocolors.createColors(io.isTerminal && !noColor && io.env['TERM'] !== 'dumb');
  const writeEnvelope = (envelope: Record<string, unknown>) => io.stdout.write(`${JSON.stringify(envelope)}\n`);
  const writeText = (text: string) => {
    if (!json) io.stdout.write(text);
  };

  return {
    json,
    colors,
    text: writeText,
    line: (text = '') => writeText(`${text}\n`),
    async table(headings, rows, toneOf) {
      if (!json) writeText(await renderTable({ headings, rows, toneOf }, io.isTerminal, colors));
    },
    success(data) {
      if (json) writeEnvelope({ success: true, data });
    },
    failure(failure) {
      if (json) {
        writeEnvelope({ success: false, ...dataOf(failure), error: describeFailure(failure) });
      } else {
        io.stderr.write(`${colors.red('error:')} ${failure.message}\n`);
      }
    },
    notice: (text) => io.stderr.write(`${text}\n`),
    warning: (text) => io.stderr.write(`${colors.yellow('warning:')} ${text}\n`),
  };
}

function dataOf(failure: CommandFailure): { data?: unknown } {
  return failure.data === undefined ? {} : { data: failure.data };
}

function describeFailure(failure: CommandFailure): Record<string, unknown> {
  return {
    code: failure.reason,
    message: failure.message,
    exit_code: failure.exitCode,
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(failure.serverCode === undefined ? {} : { server_code: failure.serverCode }),
  };
}

/** A text in the colour of its tone. */
export function toned(colors: Colors, text: string, tone: Tone | undefined): string {
  switch (tone) {
    case 'good':
      return colors.green(text);
    case 'warning':
      return colors.yellow(text);
    case 'bad':
      return colors.red(text);
    case 'quiet':
      return colors.dim(text);
    case undefined:
      return text;
  }
}

interface TableText {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly toneOf: ToneOf | undefined;
}

async function renderTable(
  { headings, rows, toneOf }: TableText,
  isTerminal: boolean,
  colors: Colors,
): Promise<string> {
  // Coloured only once nothing from elsewhere can be taken for a colour.
  const cells = rows.map((row, rowIndex) =>
    row.map((cell, column) => toned(colors, printableLine(cell), toneOf?.(rowIndex, column))),
  );
  if (!isTerminal) return [headings, ...cells].map((row) => `${row.join('\t')}\n`).join('');
  // Loaded only here: the server's start must not pay for drawing boxes.
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: headings.map((heading) => colors.bold(heading)),
    style: { head: [], border: [] },
  });
  table.push(...cells);
  return `${table.toString()}\n`;
}
