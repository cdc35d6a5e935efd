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

/** A problem that keeps the configuration from being used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigNoticeLike[];

  constructor(problems: readonly ConfigNoticeLike[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** `config.yaml:12:5: message`, as editors and terminals understand it. */
export function formatProblem(problem: ConfigNoticeLike): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return place === '' ? problem.message : `${place}: ${problem.message}`;
}
