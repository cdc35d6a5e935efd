import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of the files of a folder; 0 for one that is not there. */
export function folderSize(directory: string): number {
  return filesOf(directory).reduce((sum, file) => sum + sizeOf(join(directory, file)), 0);
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
