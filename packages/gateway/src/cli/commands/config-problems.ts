import {
  ConfigError,
  type ConfigFlags,
  type ConfigNotice,
  type ConfigNoticeLike,
  formatProblem,
  type LoadedConfig,
} from '../../config/gateway-config.ts';
import { CommandFailure } from '../command-failure.ts';
import type { CommandLineIo } from '../command-line-io.ts';

/** What `validate` reports in its JSON: one problem or notice with its place. */
export interface ReportedProblem {
  readonly level: 'error' | ConfigNotice['level'];
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** The failure a command ends with when `error` is the loader's refusal; undefined for any other error. */
export function failedConfig(error: unknown): CommandFailure | undefined {
  if (!(error instanceof ConfigError)) return undefined;
  const { problems, warnings, summary } = error;
  const reported = [
    ...problems.map((problem) => reportProblem('error', problem)),
    ...warnings.map((warning) => reportProblem('warning', warning)),
  ];
  return invalidConfig(reported, { summary, lines: linesOf(problems, warnings) });
}

/**
 * Loads the configuration exactly as `start` does: the same files, variables and providers. Throws the
 * `CommandFailure` that lists the problems when it cannot be used.
 */
export async function loadConfiguration(io: CommandLineIo, flags: ConfigFlags): Promise<LoadedConfig> {
  const [{ loadConfig }, { providerDefinitions }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../providers/registry.gen.ts'),
  ]);
  try {
    return await loadConfig({
      flags,
      providerVariables: providerDefinitions,
      env: io.env,
      workingDirectory: io.cwd,
      homeDirectory: io.homeDirectory,
    });
  } catch (error) {
    throw failedConfig(error) ?? error;
  }
}

/**
 * What is to be said of the routes of a configuration, which hold more mistakes than its form: conditions of rules, names
 * that lead nowhere. Throws the `CommandFailure` that lists those with which `start` would not begin.
 */
async function noticesOfRoutes(loaded: LoadedConfig, { clock }: CommandLineIo): Promise<readonly ConfigNotice[]> {
  const { compileRoutes } = await import('../../runtime.ts');
  try {
    return compileRoutes(loaded, clock).catalog.notices;
  } catch (error) {
    throw failedConfig(error) ?? error;
  }
}

/**
 * Loads the configuration and compiles its routes as `start` does. With `strict` among the flags, throws the `CommandFailure`
 * that lists its warnings when there are any.
 */
export async function checkConfiguration(io: CommandLineIo, flags: ConfigFlags): Promise<CheckedConfiguration> {
  const loaded = await loadConfiguration(io, flags);
  const notices = [...loaded.notices, ...(await noticesOfRoutes(loaded, io))];
  const warnings = notices.filter((notice) => notice.level === 'warning');
  if (flags.strict && warnings.length > 0) {
    throw invalidConfig(
      notices.map((notice) => reportProblem(notice.level, notice)),
      { summary: 'The configuration has warnings, and none are wanted (--strict).', lines: linesOf(warnings, []) },
    );
  }
  return { loaded, notices };
}

interface CheckedConfiguration {
  readonly loaded: LoadedConfig;
  /** What is to be said of its form and of its routes. */
  readonly notices: readonly ConfigNotice[];
}

interface ProblemText {
  readonly summary: string;
  readonly lines: readonly string[];
}

function linesOf(problems: readonly ConfigNoticeLike[], warnings: readonly ConfigNoticeLike[]): readonly string[] {
  return [...problems.map(formatProblem), ...warnings.map((warning) => `warning: ${formatProblem(warning)}`)];
}

/** The failure that lists what was found, one on a line. */
function invalidConfig(reported: readonly ReportedProblem[], { summary, lines }: ProblemText): CommandFailure {
  const message = [summary, ...lines.map((line) => `  ${line}`)].join('\n');
  return new CommandFailure('unwell', message, { data: { valid: false, problems: reported } });
}

export function reportProblem(level: ReportedProblem['level'], problem: ConfigNoticeLike): ReportedProblem {
  const { message, file, line, column } = problem;
  return {
    level,
    message,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}
