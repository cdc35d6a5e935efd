import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../canonical/clock.ts';
import type { CommandLineIo } from '../cli/command-line-io.ts';
import type { LoadedConfig } from '../config/gateway-config.ts';
import { loadConfig } from '../config/load.ts';
import { providerDefinitions } from '../providers/registry.gen.ts';
import { compileRoutes } from '../runtime.ts';
import { createLog } from '../telemetry/log.ts';
import { logConfig, openLog } from './start-log.ts';

/** The examples of this repository, and the files of any other folder that GATEWAY_SAMPLES names. */
const folders = [resolve(import.meta.dirname, '../../../../examples'), process.env['GATEWAY_SAMPLES']];
const samples = folders
  .filter((folder) => folder !== undefined)
  .flatMap((folder) => readdirSync(folder!).map((name) => join(folder!, name)))
  .filter((file) => /\.(toml|ya?ml|env)$/.test(file) && !/compose/.test(file));

const load = (file: string | undefined, env: Readonly<Record<string, string>> = {}): Promise<LoadedConfig> =>
  loadConfig({
    flags: file === undefined ? {} : { config: file },
    providerVariables: providerDefinitions,
    env,
    workingDirectory: '/nonexistent',
    homeDirectory: '/nonexistent',
  });

/** What is written at start, as one text. */
function startLines(loaded: LoadedConfig): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', format: 'json', destination, redactPersonalData: true, clock: systemClock });
  logConfig(log, loaded, compileRoutes(loaded, systemClock).catalog);
  return lines.join('');
}

describe('the lines of a start', () => {
  it.each(samples)('come whole through the redaction: %s without variables', async (file) => {
    expect(startLines(await load(file))).not.toMatch(/\[(?:SECRET|API_KEY|TOKEN|CREDENTIALS)\]/);
  });

  it('name the variable that a target lacks, and where it is wanted', async () => {
    const lines = startLines(await load(samples.find((file) => file.endsWith('providers.yaml'))));
    expect(lines).toContain('providers.openai.api_key names the variable OPENAI_API_KEY, which is not set');
    expect(lines).toContain('openai is skipped: OPENAI_API_KEY is not set, so there is no key');
  });
});

describe('openLog', () => {
  it('knows the levels of single targets', async () => {
    const io = { isTerminal: false, clock: systemClock } as CommandLineIo;
    const log = openLog(await load(undefined, { LOG_LEVEL: 'warn,health=debug' }), io);
    const heard = (['server', 'health', 'health::probe'] as const).map((target) => log.raw?.accepts('debug', target));
    log.close();
    expect(heard).toEqual([false, true, true]);
  });
});
