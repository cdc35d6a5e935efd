import { homedir } from 'node:os';
import { systemClock } from './canonical/clock.ts';
import { runCommandLine } from './cli/command-line.ts';
import { exitCodes } from './cli/exit-codes.ts';

// The bin: hands the process to the command line and ends with its exit code.
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
let lost: NodeJS.ErrnoException | undefined;
// A reader that goes away (`| head`) has what it wanted; a disk that is full has not.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') lost = error;
});
process.stderr.on('error', () => {});

let exitCode = await runCommandLine(process.argv.slice(2), {
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
// A file tells a turn later what it did not take.
await new Promise((resolve) => setImmediate(resolve));
if (lost !== undefined && exitCode === exitCodes.ok.code) {
  process.stderr.write(`error: The output could not be written (${lost.code ?? lost.message}).\n`);
  exitCode = exitCodes.unwell.code;
}
// Nothing may be lost that a pipe has not taken yet, and nothing idle may keep the process.
process.exitCode = exitCode;
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(exitCode);
