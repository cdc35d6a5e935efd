import type { CommandLineIo } from '../cli/command-line-io.ts';
import { formatProblem, type LoadedConfig } from '../config/gateway-config.ts';
import { openModeWarning } from '../policies/open-mode.ts';
import type { Runtime } from '../runtime.ts';
import { type ClosableLog, createLog } from '../telemetry/log.ts';
import type { Log } from '../telemetry/telemetry.ts';

/** The log as the configuration wants it. */
export function openLog(loaded: LoadedConfig, io: CommandLineIo): ClosableLog {
  const { level, format, redactPersonalData } = loaded.config.telemetry.logging;
  return createLog({
    level,
    format: format ?? (io.isTerminal ? 'pretty' : 'json'),
    destination: 'stdout',
    redactPersonalData,
    clock: io.clock,
  });
}

/** Says what an operator should know of the configuration: warnings, what is still to come, what is open. */
export function logConfig(log: Log, loaded: LoadedConfig, runtime: Runtime): void {
  for (const notice of [...loaded.notices, ...runtime.catalog.notices]) {
    const text = formatProblem(notice);
    if (notice.level === 'warning') log.warn('config', text);
    else log.info('config', text);
  }
  const targets = [...runtime.catalog.targets.values()];
  const hasRealKeys = targets.some(({ credentialHeaders, unusable }) => credentialHeaders.length > 0 && !unusable);
  const warning = openModeWarning(loaded.config, hasRealKeys);
  if (warning !== undefined) log.warn('config', warning);
}
