import { type ExitReason, exitCodes } from './exit-codes.ts';

export interface CommandFailureDetails {
  /** HTTP status of the answer that caused it. */
  readonly status?: number | undefined;
  /** The server's own error code, when it sent one. */
  readonly serverCode?: string | undefined;
  /** What is known in spite of the failure; becomes `data` of the JSON envelope. */
  readonly data?: unknown;
  readonly cause?: unknown;
}

/** How a command ends when it does not end well: a sentence for the user and the reason that decides the exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly reason: ExitReason;
  readonly status: number | undefined;
  readonly serverCode: string | undefined;
  readonly data: unknown;

  constructor(reason: ExitReason, message: string, details: CommandFailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.status = details.status;
    this.serverCode = details.serverCode;
    this.data = details.data;
  }

  get exitCode(): number {
    return exitCodes[this.reason].code;
  }
}
