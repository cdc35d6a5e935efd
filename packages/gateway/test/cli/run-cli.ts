import { Readable } from 'node:stream';
import { systemClock } from '../../src/canonical/clock.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { CommandLineIo } from '../../src/cli/command-line-io.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** What is piped in; without it, standard input is a keyboard. */
  readonly stdin?: string;
  /** What is typed on the keyboard. */
  readonly typed?: string;
  readonly isTerminal?: boolean;
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: CommandLineIo['clock'];
}

/** Runs one command line in this process, as `main.ts` would, and keeps what it wrote. */
export async function runCli(argv: readonly string[], settings: CliSettings = {}): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  const stdin: CommandLineIo['stdin'] = Object.assign(
    Readable.from([settings.stdin ?? settings.typed].filter((text) => text !== undefined)),
    {
      isTTY: settings.stdin === undefined,
    },
  );
  const cwd = settings.cwd ?? import.meta.dirname;
  const code = await runCommandLine(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    stdin,
    env: settings.env ?? {},
    cwd,
    homeDirectory: cwd,
    signal: settings.signal ?? new AbortController().signal,
    fetch: settings.fetch ?? globalThis.fetch,
    isTerminal: settings.isTerminal ?? false,
    clock: settings.clock ?? systemClock,
  });
  return { code, stdout, stderr };
}

/** The words of a command line as a shell divides them; single and double quotes, no expansion. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
