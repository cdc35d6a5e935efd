import { homedir } from 'node:os';
import { systemClock } from './canonical/clock.ts';
import { runCommandLine } from './cli/command-line.ts';

// The bin: hands the process to the command line and ends with its exit code.
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
// A reader that goes away (`| head`) is no reason to crash.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  homeDirectory: homedir(),
  signal: interrupt.signal,
  fetch: globalThis.fetch,
  isTerminal: process.stdout.isTTY === true,
  clock: systemClock,
});
// Nothing may be lost that a pipe has not taken yet, and nothing idle may keep the process.
process.exitCode = exitCode;
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(exitCode);
