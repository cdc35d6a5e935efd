import { didYouMean } from '../canonical/closest-name.ts';
import type { Findings } from './findings.ts';
import type { ConfigPlace, ProviderVariables } from './gateway-config.ts';
import type { Environment } from './interpolate.ts';
import { findJsonMistake, positionAt } from './json-syntax.ts';
import { parseListenAddress } from './listen-address.ts';
import { type LogFilter, parseLogFilter } from './log-level.ts';
import { type VllmBackends, vllmBackendsSection } from './sections/target-section.ts';

/** What variables say; undefined where they say nothing. It wins over the file. */
export interface EnvironmentSettings {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly metricsPort: number | undefined;
  readonly logFilter: LogFilter | undefined;
  readonly logFormat: 'json' | 'pretty' | undefined;
  readonly vllmBackends: VllmBackends | undefined;
  readonly apiKeys: readonly string[];
  readonly authMode: 'open' | 'required' | undefined;
  readonly corsOrigins: readonly string[] | undefined;
  readonly signingSecret: string | undefined;
  /** Credentials and addresses of those providers that have any. */
  readonly providers: readonly ProviderEnvironment[];
}

export interface ProviderEnvironment {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
  /** What is given is enough to set the provider up. */
  readonly isUsable: boolean;
}

/** Variables, and where those stand that come from a file. */
export interface VariableSource {
  readonly env: Environment;
  readonly places: ReadonlyMap<string, ConfigPlace>;
}

/** Reads the variables of the gateway; values that cannot be used become problems that name the variable. */
export function readEnvironmentSettings(
  source: VariableSource,
  providerVariables: readonly ProviderVariables[],
  findings: Findings,
): EnvironmentSettings {
  const { env } = source;
  const address = listenAddress(source, findings);
  return {
    host: address?.host ?? firstSet(env, ['SERVER_HOST', 'GATEWAY_HOST'])?.value,
    port: address?.port ?? portVariable(source, ['SERVER_PORT', 'GATEWAY_PORT'], findings),
    metricsPort: portVariable(source, ['METRICS_PORT', 'GATEWAY_METRICS_PORT'], findings),
    logFilter: logFilter(source, findings),
    logFormat: choiceVariable(source, { name: 'LOG_FORMAT', choices: ['json', 'pretty'] as const }, findings),
    vllmBackends: vllmBackends(source, findings),
    apiKeys: listVariable(env, 'GATEWAY_API_KEYS') ?? [],
    authMode: choiceVariable(source, { name: 'AUTH_MODE', choices: ['open', 'required'] as const }, findings),
    corsOrigins: listVariable(env, 'CORS_ORIGIN'),
    signingSecret: firstSet(env, ['REQUEST_SIGNING_SECRET'])?.value,
    providers: providerEnvironments(env, providerVariables),
  };
}

interface SetVariable {
  readonly name: string;
  readonly value: string;
}

/** A variable set to nothing counts as not set, as container tools pass it. */
function firstSet(env: Environment, names: readonly string[]): SetVariable | undefined {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== '') return { name, value };
  }
  return undefined;
}

function listenAddress({ env, places }: VariableSource, findings: Findings) {
  const variable = firstSet(env, ['GATEWAY_LISTEN_ADDR', 'LISTEN_ADDR']);
  if (variable === undefined) return undefined;
  const address = parseListenAddress(variable.value);
  if (address === undefined) {
    findings.fail(
      `The variable ${variable.name} must be host:port, :port or [address]:port, for example 0.0.0.0:8080.`,
      places.get(variable.name),
    );
  }
  return address;
}

function portVariable(
  { env, places }: VariableSource,
  names: readonly string[],
  findings: Findings,
): number | undefined {
  const variable = firstSet(env, names);
  if (variable === undefined) return undefined;
  const port = /^\d{1,5}$/.test(variable.value) ? Number(variable.value) : Number.NaN;
  if (port <= 65_535) return port;
  findings.fail(`The variable ${variable.name} must be a port number from 0 to 65535.`, places.get(variable.name));
  return undefined;
}

/** Both variables are shared with other programs, so that a foreign value is no reason not to start. */
function logFilter({ env, places }: VariableSource, findings: Findings): LogFilter | undefined {
  for (const name of ['LOG_LEVEL', 'RUST_LOG']) {
    const variable = firstSet(env, [name]);
    if (variable === undefined) continue;
    const filter = parseLogFilter(variable.value);
    if (filter !== undefined) return filter;
    findings.warn(
      `The variable ${name} names none of the levels trace, debug, info, warn, error and silent; it has no effect.`,
      places.get(name),
    );
  }
  return undefined;
}

function choiceVariable<Choice extends string>(
  { env, places }: VariableSource,
  { name, choices }: { readonly name: string; readonly choices: readonly Choice[] },
  findings: Findings,
): Choice | undefined {
  const variable = firstSet(env, [name]);
  if (variable === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === variable.value.toLowerCase());
  if (choice === undefined) {
    const question = didYouMean(variable.value, choices);
    findings.fail(`The variable ${name} must be one of ${choices.join(', ')}.${question}`, places.get(name));
  }
  return choice;
}

function listVariable(env: Environment, name: string): readonly string[] | undefined {
  const variable = firstSet(env, [name]);
  return variable?.value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const VLLM_EXAMPLE = '{"model-name": "http://localhost:8000"}';

function vllmBackends({ env, places }: VariableSource, findings: Findings): VllmBackends | undefined {
  const variable = firstSet(env, ['VLLM_BACKENDS']);
  if (variable === undefined) return undefined;
  const mistake = findJsonMistake(variable.value);
  if (mistake !== undefined) {
    const { line, column } = positionAt(variable.value, mistake);
    findings.fail(
      `The variable VLLM_BACKENDS is not valid JSON: the mistake is at line ${line}, column ${column} of its value. Write ${VLLM_EXAMPLE} on one line.`,
      places.get(variable.name),
    );
    return undefined;
  }
  const result = vllmBackendsSection.safeParse(JSON.parse(variable.value));
  if (result.success) return result.data;
  const name = result.error.issues[0]?.path[0];
  const place = name === undefined ? '' : ` The value of ${JSON.stringify(String(name))} is not.`;
  findings.fail(
    `The variable VLLM_BACKENDS must be a JSON object of model names and base URLs, such as ${VLLM_EXAMPLE}.${place}`,
    places.get(variable.name),
  );
  return undefined;
}

function providerEnvironments(
  env: Environment,
  definitions: readonly ProviderVariables[],
): readonly ProviderEnvironment[] {
  return definitions.flatMap((definition) => {
    const { name, aliases = [], environment } = definition;
    const apiKey = firstSet(env, environment.apiKey)?.value;
    const baseUrl = wholeAddress(firstSet(env, environment.baseUrl ?? [])?.value, definition.baseUrl);
    if (apiKey === undefined && baseUrl === undefined) return [];
    return [{ name, aliases, apiKey, baseUrl, isUsable: apiKey !== undefined || isKeyless(definition) }];
  });
}

/** Variables with an address only are often meant for other programs; here they count where no key is needed. */
function isKeyless({ needsKey = true, baseUrl = '' }: ProviderVariables): boolean {
  return !needsKey || /^https?:\/\/(localhost|127\.|\[::1\])/.test(baseUrl);
}

/** What variables say about the provider that a configuration calls by `name`. */
export function findProviderEnvironment(
  { providers }: EnvironmentSettings,
  name: string,
): ProviderEnvironment | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll('-', '_');
  return providers.find((provider) =>
    [provider.name, ...provider.aliases].some((known) => plain(known) === plain(name)),
  );
}

/**
 * Some programs write `host:port`, or only one of the two, into the variable that names their address: the scheme is
 * http then, and the port that of the provider's own address. A server's "every address" is this machine to its callers.
 */
function wholeAddress(address: string | undefined, ownAddress: string | undefined): string | undefined {
  if (address === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return address;
  const [, given, port, rest] = /^(\[[^\]]*\]|[^:/?#]*)(:\d*)?(.*)$/s.exec(address)!;
  const ownPort = ownAddress !== undefined && URL.canParse(ownAddress) ? new URL(ownAddress).port : '';
  const host = given === '' || given === '0.0.0.0' ? '127.0.0.1' : given === '[::]' ? '[::1]' : given;
  return `http://${host}${port ?? (ownPort === '' ? '' : `:${ownPort}`)}${rest}`;
}
