import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCredentialFile } from './load-credential.ts';

describe('a file that holds a credential', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credential-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is read, unless it is too large to be one', async () => {
    const file = join(folder, 'key');
    await writeFile(file, 'sk-of-a-provider\n');
    expect(await readCredentialFile(file)).toBe('sk-of-a-provider\n');
    await writeFile(file, 'x'.repeat(65_537));
    await expect(readCredentialFile(file)).rejects.toThrow('larger than 65536 bytes');
  });

  it('a device was read for as long as it had anything to say', async () => {
    // This one has nothing to say; others never end, and nobody may ever write into a pipe.
    await expect(readCredentialFile('/dev/null')).rejects.toThrow('is not a file');
    await expect(readCredentialFile(folder)).rejects.toThrow('is not a file');
  });
});
