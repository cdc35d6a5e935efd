/** Where something stands in a configuration, as far as that is known. */
export interface ConfigPlace {
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** Something about a configuration, and where it stands. */
export interface ConfigNoticeLike extends ConfigPlace {
  readonly message: string;
}

/** The place of what stands in no file. */
export const nowhere: ConfigPlace = { file: undefined, line: undefined, column: undefined };

/** What a `ConfigError` has besides its problems. */
export interface ConfigErrorDetails {
  /** What failed, in a sentence. */
  readonly summary?: string;
  /** What else was found on the way: a name that is misspelled is often why something else is missing. */
  readonly warnings?: readonly ConfigNoticeLike[];
}

/** A problem that keeps the configuration from being used, or the gateway from starting with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigNoticeLike[];
  readonly summary: string;
  readonly warnings: readonly ConfigNoticeLike[];

  constructor(
    problems: readonly ConfigNoticeLike[],
    { summary = 'The configuration is not valid.', warnings = [] }: ConfigErrorDetails = {},
  ) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
    this.summary = summary;
    this.warnings = warnings;
  }
}

/** The error of a start that fails although the configuration is as it should be: a port that is taken, a database away. */
export function startError(message: string): ConfigError {
  return new ConfigError([{ message, ...nowhere }], { summary: 'The gateway cannot start.' });
}

/** `config.yaml:12:5: message`, as editors and terminals understand it. */
export function formatProblem(problem: ConfigNoticeLike): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return place === '' ? problem.message : `${place}: ${problem.message}`;
}
