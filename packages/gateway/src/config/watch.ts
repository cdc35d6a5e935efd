import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '../canonical/clock.ts';

const DEBOUNCE_MS = 300;
/** Milliseconds between two looks at a file that has changed. */
const SETTLE_MS = 100;
/** Looks at files that are another every time; then they are taken as they are. */
const MOST_LOOKS = 50;

export interface WatchConfigInput {
  /** Absolute paths, as `GatewayConfig.files` lists them. */
  readonly files: readonly string[];
  /** Called when the content of a file is another than before; errors are the callee's own. */
  readonly onChange: () => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Watches configuration files and resolves once the watch stands. The directories are watched rather than the files,
 * because editors replace files and mounted volumes swap a link beside them. Several changes within 300 ms count as
 * one, and a file that is written with what it held before counts as none. A change counts when two looks 100 ms apart found the
 * same, for 5 s at most: what is still being written may be a valid configuration that lacks its end. The system's own watch
 * is used, because a library's would list the directory whenever anything in it changes, and logs are often written there.
 */
export async function watchConfig({ files, onChange, signal, clock }: WatchConfigInput): Promise<void> {
  if (files.length === 0 || signal.aborted) return;
  let cancelTimer: (() => void) | undefined;
  let isLooking = false;
  const judge = createJudge(await fingerprintOf(files));
  const lookIn = (delayMs: number) => {
    cancelTimer ??= clock.schedule(() => void look(), delayMs);
  };
  const look = async () => {
    cancelTimer = undefined;
    // Where reading takes longer than the wait, two looks at a time would find the same.
    if (isLooking) return lookIn(SETTLE_MS);
    isLooking = true;
    const verdict = judge(await fingerprintOf(files));
    isLooking = false;
    if (signal.aborted) return;
    if (verdict === 'unsettled') lookIn(SETTLE_MS);
    else if (verdict === 'changed') onChange();
  };
  const lookSoon = (name: string | null) => {
    if (name === null || isConcerned(name, files)) lookIn(DEBOUNCE_MS);
  };
  for (const directory of new Set(files.map((file) => dirname(file)))) {
    watch(directory, { persistent: false, signal }, (_event, name) => lookSoon(name))
      // A directory that goes away takes its watch with it; the configuration in use stays.
      .on('error', () => undefined);
  }
  signal.addEventListener('abort', () => cancelTimer?.());
  // What changed between the first reading and the watch was told to nobody.
  await look();
}

/** Tells what a look found: what is in use, something else, or something else that may still be written. */
function createJudge(first: string): (found: string) => 'same' | 'changed' | 'unsettled' {
  let inUse = first;
  let before: string | undefined;
  let looks = 0;
  return (found) => {
    looks += 1;
    const isSettled = found === inUse || found === before || looks >= MOST_LOOKS;
    before = isSettled ? undefined : found;
    if (!isSettled) return 'unsettled';
    looks = 0;
    if (found === inUse) return 'same';
    inUse = found;
    return 'changed';
  };
}

/** The files, and the hidden links (`..data`) through which volumes are swapped. */
function isConcerned(name: string, files: readonly string[]): boolean {
  return name.startsWith('..') || files.some((file) => name === basename(file));
}

async function fingerprintOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(file).catch(() => undefined);
    hash.update(content === undefined ? 'absent' : `${content.length}:`).update(content ?? '');
  }
  return hash.digest('hex');
}
