import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { watch } from 'chokidar';
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
 * one, and a file that is written with what it held before counts as none.
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
  const watcher = watch([...new Set(files.map((file) => dirname(file)))], {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => !isRelevant(path, files),
  });
  const compareSoon = () => {
    cancelTimer ??= clock.schedule(() => void compare(), DEBOUNCE_MS);
  };
  watcher.on('all', compareSoon);
  // A file replaced right after it was written shows only here: the watcher takes it for the write already told.
  watcher.on('raw', (_event, path: string | null) => {
    if (path === null || isConcerned(path, files)) compareSoon();
  });
  // A directory that goes away takes its watch with it; the configuration in use stays.
  watcher.on('error', () => undefined);
  signal.addEventListener('abort', () => {
    cancelTimer?.();
    void watcher.close();
  });
  await new Promise<void>((ready) => {
    watcher.once('ready', ready);
    signal.addEventListener('abort', () => ready());
  });
}

/** The directories and what in them has to do with the files. */
function isRelevant(path: string, files: readonly string[]): boolean {
  const directory = resolve(path);
  return files.some((file) => directory === dirname(file)) || isConcerned(path, files);
}

/** The files, and the hidden links (`..data`) through which volumes are swapped. */
function isConcerned(path: string, files: readonly string[]): boolean {
  const name = basename(path);
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
