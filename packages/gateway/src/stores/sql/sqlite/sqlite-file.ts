import { access, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SqlError } from '../sql-error.ts';

/** Makes a file, and its folder, for the user of this process alone; leaves one that is there as it is. */
export async function makeFile(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a', 0o600);
    await handle.close();
  } catch (error) {
    const message = `${file} cannot be made or written. See that its folder exists and that this user may write it.`;
    throw new SqlError('unavailable', message, error);
  }
}

/** Whether there is such a file. */
export function fileExists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
