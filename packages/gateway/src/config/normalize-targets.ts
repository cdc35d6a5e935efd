import { type ConfigPath, formatPath } from './config-path.ts';
import { type EnvironmentSettings, findProviderEnvironment } from './environment-settings.ts';
import type { Findings } from './findings.ts';
import type {
  BackendConfig,
  ModelPoolConfig,
  PoolProviderConfig,
  ProviderConfig,
  UnsetVariables,
  VllmBackendConfig,
} from './gateway-config.ts';
import { type UnsetVariable, unsetVariableAt } from './interpolate.ts';
import { poolOptions } from './normalize-routing.ts';
import type { FileConfig } from './schema.ts';
import { statesFacts } from './sections/model-section.ts';
import { addressKeys } from './sections/target-section.ts';
import { noTargetOptions, targetOptions } from './target-options.ts';

/** The address and the key of a target in a file, under whichever name. */
interface FileTarget {
  readonly enabled: boolean;
  readonly api_key?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly base_url?: string | null | undefined;
  readonly api_base?: string | null | undefined;
  readonly endpoint?: string | null | undefined;
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
  warnShadowsOnly(file.backends, ['backends'], findings);
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
  warnRouteless(file, findings);
  return poolsIn(file).map(([key, pool]) => {
    const options = poolOptions(pool, file.routing);
    warnShadowsOnly(pool.providers, ['models', key, 'providers'], findings);
    return {
      key,
      modelName: pool.model_name ?? key,
      strategy: pool.strategy,
      ...(Object.keys(options).length > 0 && { options }),
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
            kind: kindOf(provider, path, findings),
            baseUrl,
            apiKey: provider.api_key,
            apiVersion: provider.api_version,
            model: provider.model,
          },
        ];
      }),
    };
  });
}

/** `providers`; without a file that lists any target, those that variables set up. */
export function normalizeProviders(
  { file, unset, settings }: TargetSections,
  findings: Findings,
): readonly ProviderConfig[] {
  if (!declaresTargets(file)) return environmentProviders(settings);
  return Object.entries(file.providers).map(([name, provider]) => {
    const path = ['providers', name];
    const kind = kindOf(provider, path, findings);
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

type FileModel = FileConfig['models'][string];

/** The entries of `models` that are pools; others only say something of a model that is served elsewhere. */
function poolsIn({ models }: FileConfig): readonly (readonly [string, FileModel])[] {
  return Object.entries(models).filter(([, entry]) => isPool(entry));
}

function isPool(entry: FileModel): boolean {
  return entry.providers.length > 0 || (!statesFacts(entry) && entry.fallbacks === undefined);
}

/** What is said of routes where there are none. */
function warnRouteless({ models, routing }: FileConfig, findings: Findings): void {
  for (const [key, entry] of Object.entries(models)) {
    const saysSomething = entry.strategy !== undefined || Object.keys(poolOptions(entry, routing)).length > 0;
    if (isPool(entry) || !saysSomething) continue;
    const path = ['models', key];
    const message = `${formatPath(path)} lists no providers, so what it says of its routes has no effect. Say it in \`routing\`, or list providers.`;
    findings.warn(message, path);
  }
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
      ...noTargetOptions,
      name,
      kind: undefined,
      apiKey,
      baseUrl,
      apiVersion: undefined,
      defaultModel: undefined,
      models: undefined,
    }));
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

/** Which provider an entry says it is, under whichever name. Undefined: it does not say. */
function kindOf(
  { kind, type }: { readonly kind?: string | undefined; readonly type?: string | undefined },
  path: ConfigPath,
  findings: Findings,
): string | undefined {
  if (kind !== undefined && type !== undefined && kind !== type)
    findings.warn('kind and type mean the same, but differ; kind is used. Remove the other.', path);
  return kind ?? type;
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

function warnShadowsOnly(
  targets: readonly { readonly enabled: boolean; readonly shadow_percent?: number | undefined }[],
  path: ConfigPath,
  findings: Findings,
): void {
  const used = targets.filter(({ enabled }) => enabled);
  if (used.length === 0 || used.some((target) => target.shadow_percent === undefined)) return;
  findings.warn(
    `${formatPath(path)} has only shadows, which never answer a caller. Add a target without shadow_percent.`,
    path,
  );
}
