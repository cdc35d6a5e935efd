import type { Clock } from '../canonical/clock.ts';

/** Everything a command touches outside itself; `main.ts` gives the process's own, tests give theirs. */
export interface CommandLineIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly stdin: StandardInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly homeDirectory: string;
  /** Aborted when the user interrupts; commands then end with exit code 130. */
  readonly signal: AbortSignal;
  readonly fetch: typeof globalThis.fetch;
  /** Whether stdout is a terminal: tables and colour there, plain tab-separated lines elsewhere. */
  readonly isTerminal: boolean;
  readonly clock: Clock;
}

export interface TextSink {
  write(text: string): unknown;
}

/** A readable stream of the process; `isTTY` tells a keyboard from a pipe. */
export interface StandardInput extends AsyncIterable<string | Uint8Array> {
  readonly isTTY?: boolean;
  /** Ends a read that waits for input. */
  destroy?(): unknown;
}
