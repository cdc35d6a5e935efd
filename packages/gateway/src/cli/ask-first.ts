import { CommandFailure } from './command-failure.ts';
import type { CommandLineIo } from './command-line-io.ts';

/** Beyond this nobody answers yes or no. */
const MOST_ANSWER = 1024;

/** Whether somebody sits there who can be asked: scripts and pipes have said what they want. */
export function canAsk(io: CommandLineIo): boolean {
  return io.isTerminal && io.stdin.isTTY === true;
}

/** Asks before what cannot be undone. Throws the `CommandFailure` of who changes their mind; only `y` and `yes` go on. */
export async function askFirst(io: CommandLineIo, question: string): Promise<void> {
  io.stderr.write(`${question} Go on? [y/N] `);
  const answer = await readLine(io);
  if (io.signal.aborted) throw new CommandFailure('interrupted', 'Interrupted.');
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new CommandFailure('unwell', 'Nothing was done.');
}

/** Up to the end of a line, or of the input; an interrupt ends it, too. */
async function readLine({ stdin, signal }: CommandLineIo): Promise<string> {
  let text = '';
  const stop = () => stdin.destroy?.();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) {
      text += Buffer.from(chunk).toString();
      if (text.includes('\n') || text.length > MOST_ANSWER) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return text.split('\n', 1)[0] ?? '';
}
