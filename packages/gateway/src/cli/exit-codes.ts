/** Every exit code of the command line, with what it means; the root help prints this table. */
export const exitCodes = {
  ok: { code: 0, meaning: 'All is well' },
  unwell: {
    code: 1,
    meaning: 'What was asked about is not well: unhealthy gateway, invalid configuration, failed start',
  },
  usage: { code: 2, meaning: 'The command line was not understood' },
  unreachable: { code: 3, meaning: 'No answer from the gateway: refused connection, unknown host, time-out' },
  refused: { code: 4, meaning: 'The gateway refused the request (401, 403 or another 4xx status)' },
  server_error: { code: 5, meaning: 'The gateway or its provider failed: 5xx status, error event, incomplete answer' },
  internal: { code: 70, meaning: 'A fault of this program' },
  interrupted: { code: 130, meaning: 'Interrupted' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitReason = keyof typeof exitCodes;

/** The table as the help prints it, one line for each code. */
export function formatExitCodes(): string {
  return Object.values(exitCodes)
    .map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`)
    .join('\n');
}
