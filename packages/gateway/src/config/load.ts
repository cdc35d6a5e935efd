import { readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve } from 'node:path';
import { configCandidates } from './config-candidates.ts';
import { type ConfigDocument, emptyDocument, readDocument } from './config-document.ts';
import { conform } from './conform.ts';
import {
  checkEnvironmentLines,
  type EnvironmentLines,
  isEnvironmentFile,
  mergeEnvironments,
  readEnvironmentFile,
  readEnvironmentLines,
} from './environment-file.ts';
import { readEnvironmentSettings } from './environment-settings.ts';
import { createFindings } from './findings.ts';
import {
  ConfigError,
  type ConfigNotice,
  type ConfigPlace,
  type LoadConfigInput,
  type LoadedConfig,
} from './gateway-config.ts';
import { namesOfVariables } from './gateway-variables.ts';
import { type Environment, interpolate } from './interpolate.ts';
import { normalize } from './normalize.ts';
import { configSchema } from './schema.ts';
import { validate } from './validate.ts';

const MAX_FILE_BYTES = 8 * 1024 * 1024;

/**
 * Finds, reads and checks the configuration: flags over variables over the file over defaults. `.env` in the working
 * directory is read first, and the process's own variables win over it. Throws ConfigError with every problem found,
 * each with file, line and column where it has them.
 */
export async function loadConfig(input: LoadConfigInput): Promise<LoadedConfig> {
  const sources = await readSources(input);
  const findings = createFindings(sources.document);
  const { flags } = input;
  const providerVariables = input.providerVariables ?? [];
  const settings = readEnvironmentSettings(
    { env: sources.env, places: placesOf(sources.variables, input.env) },
    providerVariables,
    findings,
  );
  if (sources.variables !== undefined) {
    const document = JSON.stringify(sources.document.value);
    const isNamed = (name: string) => document.includes(`\${${name}`);
    checkEnvironmentLines({ ...sources.variables, known: namesOfVariables(providerVariables), isNamed }, findings);
  }
  const interpolated = interpolate(sources.document.value, sources.env, findings);
  const { value: given, unknownKeys } = conform(configSchema, interpolated.value);
  for (const { path, message } of unknownKeys) {
    if (flags.strict) findings.fail(message, path);
    else findings.warn(message, path);
  }
  const file = validate(given, findings);
  const { files, env } = sources;
  const config = file && normalize({ files, file, given, unset: interpolated.unset, settings, flags, env }, findings);
  findings.throwProblems();
  if (config === undefined) throw new ConfigError([]);
  return { config, notices: [...sources.notices, ...findings.notices], env };
}

interface Sources {
  readonly files: readonly string[];
  readonly env: Environment;
  readonly document: ConfigDocument;
  readonly notices: readonly ConfigNotice[];
  /** What stands where in the file of variables; undefined without one. */
  readonly variables: VariableLines | undefined;
}

interface VariableLines {
  /** Name for messages. */
  readonly file: string;
  readonly lines: EnvironmentLines;
}

async function readSources(input: LoadConfigInput): Promise<Sources> {
  const { workingDirectory, flags } = input;
  const flagIsEnvironment = flags.config !== undefined && isEnvironmentFile(flags.config);
  const environmentFile = resolve(workingDirectory, flagIsEnvironment ? flags.config : '.env');
  const environmentText = await readText(environmentFile, { input, isRequired: flagIsEnvironment });
  const fromFile = environmentText === undefined ? {} : readEnvironmentFile(environmentText);
  const env = mergeEnvironments(input.env, fromFile);
  const found = await findConfig({ input, env, isDiscovered: !flagIsEnvironment });
  return {
    files: [...(environmentText === undefined ? [] : [environmentFile]), ...(found.file ? [found.file] : [])],
    env,
    document: found.document,
    notices: found.notices,
    variables:
      environmentText === undefined
        ? undefined
        : { file: displayName(environmentFile, input), lines: readEnvironmentLines(environmentText) },
  };
}

/** Where variables stand in their file, but for those that the process has itself, which win. */
function placesOf(variables: VariableLines | undefined, own: Environment): ReadonlyMap<string, ConfigPlace> {
  const { file, lines } = variables ?? { file: undefined, lines: { names: [] } };
  const ofFile = lines.names.filter(({ name }) => own[name] === undefined);
  return new Map(ofFile.map(({ name, line }) => [name, { file, line, column: 1 }]));
}

interface FoundConfig {
  readonly file: string | undefined;
  readonly document: ConfigDocument;
  readonly notices: readonly ConfigNotice[];
}

interface FindConfigInput {
  readonly input: LoadConfigInput;
  readonly env: Environment;
  /** Look in the usual places when none is named. */
  readonly isDiscovered: boolean;
}

async function findConfig({ input, env, isDiscovered }: FindConfigInput): Promise<FoundConfig> {
  const fromFlag = isDiscovered ? input.flags.config : undefined;
  const named = fromFlag || env['GATEWAY_CONFIG'] || env['CONFIG_PATH'];
  if (named) {
    const file = resolve(input.workingDirectory, named);
    const text = await readText(file, { input, isRequired: true });
    return { file, document: readDocument(displayName(file, input), text ?? ''), notices: [] };
  }
  if (!isDiscovered) return { file: undefined, document: emptyDocument, notices: [] };
  for (const candidates of configCandidates(input.workingDirectory, input.homeDirectory)) {
    const [file, ...others] = await existing(candidates);
    if (file === undefined) continue;
    const text = await readText(file, { input, isRequired: true });
    const notices = others.map((other) => ignoredNotice(file, displayName(other, input)));
    return { file, document: readDocument(displayName(file, input), text ?? ''), notices };
  }
  return { file: undefined, document: emptyDocument, notices: [] };
}

function ignoredNotice(file: string, other: string): ConfigNotice {
  const message = `${basename(file)} is used, and this file is not. Remove one, or name the one you mean with --config.`;
  return { level: 'warning', message, file: other, line: undefined, column: undefined };
}

async function existing(files: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of files) {
    const status = await stat(file).catch(() => undefined);
    if (status?.isFile()) found.push(file);
  }
  return found;
}

interface ReadTextOptions {
  readonly input: LoadConfigInput;
  readonly isRequired: boolean;
}

/** Text of a file; undefined when it is not there and need not be. */
async function readText(file: string, { input, isRequired }: ReadTextOptions): Promise<string | undefined> {
  const fail = (message: string): never => {
    throw new ConfigError([{ message, file: displayName(file, input), line: undefined, column: undefined }]);
  };
  try {
    const status = await stat(file);
    if (!status.isFile()) return isRequired ? fail('is not a file') : undefined;
    if (status.size > MAX_FILE_BYTES)
      return fail(`is larger than ${MAX_FILE_BYTES} bytes, too large for a configuration`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT') return fail(`cannot be read (${code ?? 'unknown reason'})`);
    return isRequired ? fail('does not exist') : undefined;
  }
}

/** Short where the file lies below the working directory, whole elsewhere. */
function displayName(file: string, { workingDirectory }: LoadConfigInput): string {
  const short = relative(workingDirectory, file);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? file : short;
}
