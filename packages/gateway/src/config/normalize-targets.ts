import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { ConfigPath } from './config-path.ts';
import { type EnvironmentSettings, findProviderEnvironment } from './environment-settings.ts';
import type { Findings } from './findings.ts';
import type {
  BackendConfig,
  ModelPoolConfig,
  PoolProviderConfig,
  ProviderConfig,
  TargetOptions,
  UnsetVariables,
  VllmBackendConfig,
} from './gateway-config.ts';
import { type UnsetVariable, unsetVariableAt } from './interpolate.ts';
import type { FileConfig } from './schema.ts';
import { statesFacts } from './sections/model-section.ts';
import { addressKeys } from './sections/target-section.ts';
import { strategyInForce } from './strategy-in-force.ts';

/** What every kind of target in a file has in common. */
interface FileTarget {
  readonly enabled: boolean;
  readonly api_key?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly base_url?: string | null | undefined;
  readonly api_base?: string | null | undefined;
  readonly endpoint?: string | null | undefined;
  readonly weight?: number | undefined;
  readonly priority?: number | undefined;
  readonly region?: string | undefined;
  readonly timeout_seconds?: number | undefined;
  readonly max_retries?: number | undefined;
  readonly protocols?: readonly ProtocolName[] | undefined;
  readonly rate_limit?:
    | { readonly requests_per_minute?: number | undefined; readonly tokens_per_minute?: number | undefined }
    | undefined;
}

interface FileModels {
  readonly default_model?: string | undefined;
  readonly model?: string | undefined;
  readonly models?: readonly string[] | Readonly<Record<string, string>> | undefined;
}

/** The targets of a file, and what else is known of them. */
export interface TargetSections {
  readonly file: FileConfig;
  readonly unset: readonly UnsetVariable[];
  readonly settings: EnvironmentSettings;
}

/** `backends`; one whose address names a variable that is not set is left out. */
export function normalizeBackends({ file, unset }: TargetSections, findings: Findings): readonly BackendConfig[] {
  return file.backends.flatMap((backend, index) => {
    const path = ['backends', index];
    const url = addressOf(backend, path, findings);
    if (url === undefined || url === null) return leaveOut(backend.enabled, path, findings);
    warnPlaceholder(backend, path, findings);
    return {
      ...targetOptions(backend, path, findings),
      ...unsetVariables(unset, path),
      ...servedModels(backend),
      url,
      name: backend.name,
      healthPath: backend.health_path,
      chatPath: backend.chat_path,
      apiKey: backend.api_key,
    };
  });
}

/** `models`: the pools, each with its providers in order. */
export function normalizeModels({ file, unset }: TargetSections, findings: Findings): readonly ModelPoolConfig[] {
  return poolsIn(file).map(([key, pool]) => ({
    key,
    modelName: pool.model_name ?? key,
    strategy: strategyInForce(pool.strategy, ['models', key, 'strategy'], findings),
    providers: pool.providers.flatMap((provider, index): readonly PoolProviderConfig[] => {
      const path = ['models', key, 'providers', index];
      const baseUrl = addressOf(provider, path, findings);
      if (baseUrl === undefined || baseUrl === null) return leaveOut(provider.enabled, path, findings);
      warnPlaceholder(provider, path, findings);
      return [
        {
          ...targetOptions(provider, path, findings),
          ...unsetVariables(unset, path),
          name: provider.name,
          baseUrl,
          apiKey: provider.api_key,
          apiVersion: provider.api_version,
          model: provider.model,
        },
      ];
    }),
  }));
}

/** `providers`; without a file that lists any target, those that variables set up. */
export function normalizeProviders(
  { file, unset, settings }: TargetSections,
  findings: Findings,
): readonly ProviderConfig[] {
  if (!declaresTargets(file)) return environmentProviders(settings);
  return Object.entries(file.providers).map(([name, provider]) => {
    const path = ['providers', name];
    const kind = provider.kind ?? provider.type;
    const baseUrl = addressOf(provider, path, findings);
    warnPlaceholder(provider, path, findings);
    // A key from a variable goes to the provider's own address only, never to one that the file chose.
    const variables = baseUrl === undefined ? findProviderEnvironment(settings, kind ?? name) : undefined;
    return {
      ...targetOptions(provider, path, findings),
      ...unsetVariables(unset, path),
      ...servedModels(provider),
      name,
      kind,
      apiKey: provider.api_key === undefined ? variables?.apiKey : provider.api_key,
      baseUrl: baseUrl === undefined ? variables?.baseUrl : baseUrl,
      apiVersion: provider.api_version,
    };
  });
}

/** `vllm_backends`, or the variable of that name in its place. */
export function normalizeVllmBackends({ file, settings }: TargetSections): readonly VllmBackendConfig[] {
  return Object.entries(settings.vllmBackends ?? file.vllm_backends).map(([model, urls]) => {
    return { model, urls: typeof urls === 'string' ? [urls] : urls };
  });
}

/** The entries of `models` that are pools; others only state facts of a model that is served elsewhere. */
function poolsIn({ models }: FileConfig) {
  return Object.entries(models).filter(([, pool]) => pool.providers.length > 0 || !statesFacts(pool));
}

function declaresTargets(file: FileConfig): boolean {
  return (
    file.backends.length > 0 ||
    poolsIn(file).length > 0 ||
    [file.providers, file.vllm_backends].some((section) => Object.keys(section).length > 0)
  );
}

function environmentProviders({ providers }: EnvironmentSettings): readonly ProviderConfig[] {
  return providers
    .filter(({ isUsable }) => isUsable)
    .map(({ name, apiKey, baseUrl }) => ({
      ...noOptions,
      name,
      kind: undefined,
      apiKey,
      baseUrl,
      apiVersion: undefined,
      defaultModel: undefined,
      models: undefined,
    }));
}

const noOptions: TargetOptions = {
  weight: undefined,
  priority: undefined,
  region: undefined,
  timeoutMs: undefined,
  maxRetries: undefined,
  protocols: undefined,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  enabled: true,
};

function targetOptions(target: FileTarget, path: ConfigPath, findings: Findings): TargetOptions {
  const tokensPerMinute = target.rate_limit?.tokens_per_minute;
  if (tokensPerMinute !== undefined && target.enabled) {
    const place = [...path, 'rate_limit', 'tokens_per_minute'];
    findings.pend('Limits of tokens per minute are accepted, but not applied yet.', place);
  }
  return {
    weight: target.weight,
    priority: target.priority,
    region: target.region,
    timeoutMs: target.timeout_seconds === undefined ? undefined : target.timeout_seconds * 1000,
    maxRetries: target.max_retries,
    protocols: target.protocols,
    requestsPerMinute: target.rate_limit?.requests_per_minute,
    tokensPerMinute,
    enabled: target.enabled,
  };
}

function unsetVariables(unset: readonly UnsetVariable[], path: ConfigPath): { readonly unset?: UnsetVariables } {
  const apiKey = unsetVariableAt(unset, [...path, 'api_key']);
  const baseUrl = addressKeys
    .map((key) => unsetVariableAt(unset, [...path, key]))
    .find((variable) => variable !== undefined);
  if (apiKey === undefined && baseUrl === undefined) return {};
  return { unset: { ...(apiKey !== undefined && { apiKey }), ...(baseUrl !== undefined && { baseUrl }) } };
}

function servedModels({ default_model: defaultModel, model, models }: FileModels) {
  const names = models ?? (model === undefined ? undefined : [model]);
  const entries = Array.isArray(names)
    ? names.map((name: string) => [name, name] as const)
    : Object.entries(names ?? {});
  return {
    defaultModel: defaultModel ?? model,
    models: names === undefined ? undefined : new Map<string, string>(entries),
  };
}

/** The address under whichever name it was given; null: its variable is not set. Undefined: none given. */
function addressOf(target: FileTarget, path: ConfigPath, findings: Findings): string | null | undefined {
  const given = addressKeys.filter((key) => target[key] !== undefined);
  const chosen = given.find((key) => target[key] !== null) ?? given[0];
  if (chosen === undefined) return undefined;
  const isContradicted = given.some((key) => target[key] !== null && target[key] !== target[chosen]);
  if (isContradicted) {
    findings.warn(`${given.join(' and ')} mean the same, but differ; ${chosen} is used. Remove the others.`, path);
  }
  return target[chosen];
}

function leaveOut(isEnabled: boolean, path: ConfigPath, findings: Findings): readonly never[] {
  if (isEnabled) findings.warn('This target is left out because the variable in its address is not set.', path);
  return [];
}

function warnPlaceholder(target: FileTarget, path: ConfigPath, findings: Findings): void {
  if (!target.enabled || typeof target.api_key !== 'string') return;
  if (/your[-_ ]|change[-_ ]?me|<.*>|^\$\{/i.test(target.api_key)) {
    findings.warn('This key looks like the one of a sample. Put in your own.', [...path, 'api_key']);
  }
}
