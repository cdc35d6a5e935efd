import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LoadConfigInput, LoadedConfig } from '../../src/config/gateway-config.ts';
import { ConfigError } from '../../src/config/gateway-config.ts';
import { loadConfig } from '../../src/config/load.ts';

export type LoadOverrides = Partial<Omit<LoadConfigInput, 'workingDirectory'>>;

/** Writes files into a new directory, which lasts as long as the test, and returns its path. */
export async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-config-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  return directory;
}

/** Loads the configuration of a new directory that holds just these files. */
export async function loadFiles(
  files: Readonly<Record<string, string>>,
  overrides: LoadOverrides = {},
): Promise<LoadedConfig> {
  const workingDirectory = await directoryWith(files);
  const homeDirectory = join(workingDirectory, 'home');
  return loadConfig({ flags: {}, env: {}, homeDirectory, ...overrides, workingDirectory });
}

/** The message of the ConfigError that loading ends with. */
export async function failureOf(loading: Promise<unknown>): Promise<string> {
  try {
    await loading;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** `config.yaml:2:3: message` of every notice of a level. */
export function noticesOf({ notices }: LoadedConfig, level: 'warning' | 'pending'): readonly string[] {
  return notices
    .filter((notice) => notice.level === level)
    .map(({ file, line, column, message }) => `${[file, line, column].filter(Boolean).join(':')} ${message}`.trim());
}
