import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of packages that the tests of a process have built for all of them; undefined where each builds its own. */
    builtPackages?: string;
  }
}

/** Set-up of a whole run: where packages are built, and their end, which a process that is ended cannot see to. */
export default async function provideBuiltPackages(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'llm-gateway-built-packages-'));
  project.provide('builtPackages', folder);
  return () => rm(folder, { recursive: true, force: true });
}
