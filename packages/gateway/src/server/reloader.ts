import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../canonical/clock.ts';
import {
  ConfigError,
  formatProblem,
  type GatewayConfig,
  type LoadConfigInput,
  type LoadedConfig,
} from '../config/gateway-config.ts';
import { loadConfig } from '../config/load.ts';
import { namesTargets } from '../config/names-targets.ts';
import { watchConfig } from '../config/watch.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { restartNeeded } from './restart-needed.ts';

export interface ReloaderInput {
  readonly input: LoadConfigInput;
  readonly log: Log;
  readonly clock: Clock;
  /** What is in use at the start. */
  readonly loaded: LoadedConfig;
  /** Takes a valid configuration over. Throws ConfigError when it cannot. */
  readonly apply: (loaded: LoadedConfig) => void;
  /** Told what came of each reading. */
  readonly onReload?: ((result: ReloadResult) => void) | undefined;
}

/** Sections that are different from those before, or why the configuration was not taken over. */
export type ReloadResult = { readonly changed: readonly string[] } | { readonly problem: string };

export interface Reloader {
  /** Reads the configuration again and applies it; one that is broken changes nothing, and the log says why. */
  readonly reload: () => void;
  readonly close: () => void;
}

/** Reloads when a file changes or somebody asks, one reload after the other. */
export function createReloader({ input, log, clock, loaded, apply, onReload }: ReloaderInput): Reloader {
  let current = loaded;
  const { files } = loaded.config;
  const closing = new AbortController();
  const inTurn = createTurns();
  const reloadOnce = async (isWanted: (next: LoadedConfig) => boolean): Promise<void> => {
    try {
      const next = await loadConfig(input);
      if (closing.signal.aborted || !isWanted(next)) return;
      refuseMissing(files, next.config.files);
      refuseEmpty(loaded, next);
      apply(next);
      const changed = changedSections(current, next);
      onReload?.({ changed });
      current = next;
      log.info('config', `Configuration reloaded${changed.length === 0 ? ', nothing is different' : ''}`, { changed });
      const waiting = restartNeeded(loaded.config, next.config);
      if (waiting.length > 0) log.warn('config', `In force only after a restart: ${waiting.join(', ')}`);
    } catch (error) {
      const why = error instanceof ConfigError ? error.message : String(error);
      log.error('config', `Configuration not reloaded, the one before stays: ${why}`);
      const warnings = error instanceof ConfigError ? error.warnings : [];
      for (const warning of warnings) log.warn('config', formatProblem(warning));
      onReload?.({ problem: why });
    }
  };
  const reload = (): void => {
    inTurn(() => reloadOnce(() => true));
  };
  void watchConfig({ files, onChange: reload, signal: closing.signal, clock }).then(() => {
    // A change after the first reading and before the watch stood is told by nobody.
    inTurn(() => reloadOnce((next) => !isDeepStrictEqual(next.config, loaded.config)));
  });
  return { reload, close: () => closing.abort() };
}

/** Does one piece of work after the other, so that what was asked for last is in force last. Work must not reject. */
export function createTurns(): (work: () => Promise<void>) => void {
  let last = Promise.resolve();
  return (work) => {
    last = last.then(work);
  };
}

function changedSections({ config: before }: LoadedConfig, { config: after }: LoadedConfig): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as ReadonlySet<keyof GatewayConfig>;
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** Without its file the gateway would start with other settings or none; a running one keeps those it has. */
function refuseMissing(wanted: readonly string[], found: readonly string[]): void {
  const missing = wanted.filter((file) => !found.includes(file));
  if (missing.length === 0) return;
  throw new ConfigError(
    missing.map((file) => ({ message: 'is not there any more', file, line: undefined, column: undefined })),
  );
}

/** A file that is just being written is empty for a moment, and an empty configuration is a valid one: the demo model's. */
export function refuseEmpty(first: LoadedConfig, next: LoadedConfig): void {
  if (!namesTargets(first.config) || namesTargets(next.config)) return;
  const message = 'it names no provider any more, as a file does that is only half written; restart for the demo model';
  throw new ConfigError([{ message, file: next.config.files[0], line: undefined, column: undefined }]);
}
