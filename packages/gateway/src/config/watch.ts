import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '../canonical/clock.ts';

const DEBOUNCE_MS = 300;

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
 * one, and a file that is written with what it held before counts as none. The system's own watch is used, because a
 * library's would list the directory whenever anything in it changes, and logs are often written there.
 */
export async function watchConfig({ files, onChange, signal, clock }: WatchConfigInput): Promise<void> {
  if (files.length === 0 || signal.aborted) return;
  let cancelTimer: (() => void) | undefined;
  let fingerprint = await fingerprintOf(files);
  const compare = async () => {
    cancelTimer = undefined;
    const current = await fingerprintOf(files);
    if (signal.aborted || current === fingerprint) return;
    fingerprint = current;
    onChange();
  };
  const compareSoon = (name: string | null) => {
    if (name === null || isConcerned(name, files)) cancelTimer ??= clock.schedule(() => void compare(), DEBOUNCE_MS);
  };
  for (const directory of new Set(files.map((file) => dirname(file)))) {
    watch(directory, { persistent: false, signal }, (_event, name) => compareSoon(name))
      // A directory that goes away takes its watch with it; the configuration in use stays.
      .on('error', () => undefined);
  }
  signal.addEventListener('abort', () => cancelTimer?.());
  // What changed between the first reading and the watch was told to nobody.
  await compare();
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
