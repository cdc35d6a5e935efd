import { type Command, Option } from 'commander';
import type { ConfigFlags } from '../../config/gateway-config.ts';
import { CommandFailure } from '../command-failure.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Session } from '../session.ts';
import { checkConfiguration, failedConfig } from './config-problems.ts';

type LogLevel = NonNullable<ConfigFlags['logLevel']>;

const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** The flags of `start` as commander gives them; what was not given is absent. */
interface StartOptions {
  readonly config?: string;
  readonly port?: number;
  readonly host?: string;
  readonly workers?: number;
  readonly metricsPort?: number;
  readonly logLevel?: LogLevel;
  readonly strict?: boolean;
  readonly open?: boolean;
}

export function createStartCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'start',
    summary: 'Start the gateway server',
    examples: [
      { line: 'llm-gateway start --config config.yaml', note: 'With a configuration file' },
      { line: 'llm-gateway config.yaml', note: 'The same, shorter' },
      { line: 'llm-gateway start --port 8080 --host 0.0.0.0', note: 'With environment variables only' },
      { line: 'llm-gateway start --workers 4 --metrics-port 9090', note: 'Several processes that share the port' },
    ],
  });
  // The defaults stand in the text only: as values they would override the configuration file.
  const options = [
    new Option('-c, --config <FILE>', 'Configuration file path'),
    new Option('-p, --port <PORT>', 'Server port [default: 8080]').argParser(wholeNumber(0, 65_535)),
    new Option('-H, --host <HOST>', 'Server bind address [default: 0.0.0.0]'),
    new Option('--workers <N>', 'Number of worker processes [default: 1]').argParser(wholeNumber(1, 1024)),
    new Option('--metrics-port <PORT>', 'Prometheus metrics port, 0 for none [default: 9090]').argParser(
      wholeNumber(0, 65_535),
    ),
    new Option('--log-level <LEVEL>', 'Log level; wins over -v [default: info]').choices(logLevels),
    new Option('--strict', 'Refuse to start when the configuration has warnings'),
    new Option('--open', 'Serve every address without authentication, on purpose'),
  ];
  for (const option of options) command.addOption(option);
  command.argument('[CONFIG_FILE]', 'The same as --config');

  return session.onRun<StartOptions>(command, async ({ io, options, operands, globals }) => {
    const flags = readStartFlags(options, operands[0], globals.verbosity);
    const { strict = false, workers = 1 } = options;
    if (strict) await checkConfiguration(io, flags);
    // What the server writes to stdout is its log; --json asks for it as JSON on a terminal too.
    const serverIo = globals.json ? { ...io, env: { ...io.env, LOG_FORMAT: 'json' } } : io;
    const { startFromCommandLine } = await import('../../server/run.ts');
    try {
      return await startFromCommandLine({ flags, workers, verbosity: globals.verbosity, io: serverIo });
    } catch (error) {
      throw failedConfig(error) ?? error;
    }
  });
}

/** The configuration flags that were really given; `-v` stands for a log level where none is named. */
function readStartFlags(options: StartOptions, file: string | undefined, verbosity: number): ConfigFlags {
  const { workers: _workers, config = file, ...flags } = options;
  if (file !== undefined && config !== file) {
    throw new CommandFailure('usage', `Two configuration files are given: ${config} and ${file}.`);
  }
  return {
    ...(config === undefined ? {} : { config }),
    ...(verbosity === 0 ? {} : { logLevel: verbosity === 1 ? 'debug' : 'trace' }),
    ...flags,
  };
}
