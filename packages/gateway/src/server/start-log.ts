import type { CommandLineIo } from '../cli/command-line-io.ts';
import { formatProblem, type LoadedConfig } from '../config/gateway-config.ts';
import { openModeWarning } from '../policies/open-mode.ts';
import type { Catalog } from '../routing/catalog.ts';
import { type ClosableLog, createLog } from '../telemetry/log.ts';
import type { Log } from '../telemetry/telemetry.ts';

/** Short enough a write for several processes to share a pipe without mixing their lines. */
const SHARED_WRITE = 4_000;

/** The log as the configuration wants it. `isShared`: other processes write to the same standard output. */
export function openLog(loaded: LoadedConfig, io: CommandLineIo, { isShared = false } = {}): ClosableLog {
  const { level, levels, format, redactPersonalData } = loaded.config.telemetry.logging;
  return createLog({
    level,
    format: format ?? (io.isTerminal ? 'pretty' : 'json'),
    destination: isShared ? { fd: 1, maxWrite: SHARED_WRITE } : 'stdout',
    redactPersonalData,
    clock: io.clock,
    ...(levels === undefined ? {} : { verbosity: levels }),
  });
}

/** Says what an operator should know of the configuration: warnings, what is still to come, what is open. */
export function logConfig(log: Log, loaded: LoadedConfig, catalog: Catalog): void {
  for (const notice of [...loaded.notices, ...catalog.notices]) {
    const text = formatProblem(notice);
    if (notice.level === 'warning') log.warn('config', text);
    else log.info('config', text);
  }
  const targets = [...catalog.targets.values()];
  const hasRealKeys = targets.some(({ credentialHeaders, unusable }) => credentialHeaders.length > 0 && !unusable);
  const warning = openModeWarning(loaded.config, hasRealKeys);
  if (warning !== undefined) log.warn('config', warning);
}
