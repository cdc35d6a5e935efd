import cluster from 'node:cluster';
import type { CommandLineIo } from '../cli/command-line-io.ts';
import type { ConfigFlags, LoadConfigInput } from '../config/gateway-config.ts';
import { providerDefinitions } from '../providers/registry.gen.ts';
import { letHeapGrow } from './heap-growth.ts';

export interface StartOptions {
  readonly flags: ConfigFlags;
  /** Processes that share the port. */
  readonly workers: number;
  readonly verbosity: number;
  readonly io: CommandLineIo;
}

/** What each kind of process is started with. */
export interface ProcessOptions {
  readonly input: LoadConfigInput;
  readonly workers: number;
  readonly io: CommandLineIo;
}

/** Runs the gateway until it is told to stop; resolves with the exit code. Throws ConfigError. */
export async function startFromCommandLine({ flags, workers, io }: StartOptions): Promise<number> {
  letHeapGrow();
  const input: LoadConfigInput = {
    flags,
    env: io.env,
    workingDirectory: io.cwd,
    homeDirectory: io.homeDirectory,
    providerVariables: providerDefinitions,
  };
  if (cluster.isWorker) {
    const { runWorker } = await import('./run-worker.ts');
    return runWorker({ input, workers, io });
  }
  if (workers > 1) {
    const { runPrimary } = await import('./run-primary.ts');
    return runPrimary({ input, workers, io });
  }
  const { runSingle } = await import('./run-single.ts');
  return runSingle({ input, workers, io });
}
