import { readFile, stat } from 'node:fs/promises';

const MAX_BYTES = 64 * 1024;

/**
 * The text of a file that holds a credential. Rejects when it cannot be read, is too large to be one, or is no file: a
 * device may go on for ever, and whoever opens a pipe waits for somebody to write into it.
 */
export async function readCredentialFile(path: string): Promise<string> {
  const status = await stat(path);
  if (!status.isFile()) throw new Error('is not a file');
  if (status.size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
  return readFile(path, 'utf8');
}
