import { readFile, stat } from 'node:fs/promises';

const MAX_BYTES = 64 * 1024;

/** The text of a file that holds a credential. Rejects when it cannot be read, or is too large to be one. */
export async function readCredentialFile(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
  return readFile(path, 'utf8');
}
