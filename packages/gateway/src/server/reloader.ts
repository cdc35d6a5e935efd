import type { Clock } from '../canonical/clock.ts';
import { ConfigError, type LoadConfigInput, type LoadedConfig } from '../config/gateway-config.ts';
import { loadConfig } from '../config/load.ts';
import { watchConfig } from '../config/watch.ts';
import type { Log } from '../telemetry/telemetry.ts';

export interface ReloaderInput {
  readonly input: LoadConfigInput;
  readonly log: Log;
  readonly clock: Clock;
  readonly files: readonly string[];
  /** Takes a valid configuration over. Throws ConfigError when it cannot. */
  readonly apply: (loaded: LoadedConfig) => void;
}

export interface Reloader {
  /** Reads the configuration again and applies it; one that is broken changes nothing, and the log says why. */
  readonly reload: () => void;
  readonly close: () => void;
}

/** Reloads when a file changes or somebody asks, one reload after the other. */
export function createReloader({ input, log, clock, files, apply }: ReloaderInput): Reloader {
  const closing = new AbortController();
  let last = Promise.resolve();
  const reloadOnce = async (): Promise<void> => {
    try {
      apply(await loadConfig(input));
      log.info('config', 'Configuration reloaded; host, ports and connection limits need a restart');
    } catch (error) {
      const why = error instanceof ConfigError ? error.message : String(error);
      log.error('config', `Configuration not reloaded, the one before stays: ${why}`);
    }
  };
  const reload = (): void => {
    last = last.then(reloadOnce);
  };
  void watchConfig({ files, onChange: reload, signal: closing.signal, clock });
  return { reload, close: () => closing.abort() };
}
