import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Resolves when a number has not grown for twenty looks at it. The event loop reads whatever has arrived between two of
 * them, so that a process that gets little time to run settles later, and not too early.
 */
export async function settledAt(read: () => number): Promise<number> {
  let last = read();
  for (let unchanged = 0; unchanged < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const next = read();
    unchanged = next === last && next > 0 ? unchanged + 1 : 0;
    last = next;
  }
  return last;
}

/** Milliseconds of silence that are allowed where time stands still: the timer comes between the looks of `settledAt`. */
export const shortIdleMs = 20;

/** Bytes of buffers that somebody still holds; what is only not collected yet depends on how busy the machine is. */
export function heldBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
