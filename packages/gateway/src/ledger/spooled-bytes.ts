import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isSegment } from './segment-name.ts';

/**
 * Bytes of the segments in a folder; 0 where there is none. Damaged ones that are kept, and those of other formats, are left
 * out: nothing that this gateway does would ever make them fewer.
 */
export function spooledBytes(directory: string): number {
  return filesOf(directory)
    .filter(isSegment)
    .reduce((sum, file) => sum + sizeOf(join(directory, file)), 0);
}

function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Files come and go meanwhile. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
