import type { GatewayConfig, ProviderConfig } from '../config/gateway-config.ts';
import type { BuildTarget, BuiltTarget, TargetEntry, TargetInput } from '../providers/build-target.ts';
import type { ProbeSettings } from './target.ts';

/** How patiently targets are probed, by the section that names them. */
export interface ProbeDefaults extends Omit<ProbeSettings, 'path' | 'headers' | 'intervalMs'> {
  readonly backendIntervalMs: number;
  readonly poolIntervalMs: number;
  readonly vllmIntervalMs: number;
}

/** Three failures in a row take a target out, one success brings it back. */
export const usualProbes: ProbeDefaults = {
  backendIntervalMs: 10_000,
  poolIntervalMs: 30_000,
  vllmIntervalMs: 30_000,
  timeoutMs: 5_000,
  failureThreshold: 3,
  successThreshold: 1,
};

/** A compiled target under the name that its section gives it. */
export interface ConfiguredTarget extends BuiltTarget {
  readonly name: string | undefined;
}

/** All targets of a configuration, by section. */
export interface ConfiguredTargets {
  readonly backends: readonly ConfiguredTarget[];
  /** One list for each pool, in the order of `config.models`. */
  readonly pools: readonly (readonly ConfiguredTarget[])[];
  /** One list for each entry of `config.vllmBackends`. */
  readonly vllm: readonly (readonly ConfiguredTarget[])[];
  readonly providers: readonly (ConfiguredTarget & { readonly name: string })[];
  /** One for each entry of `config.stored.providers`. */
  readonly stored: readonly ConfiguredTarget[];
}

/** Compiles every endpoint that a configuration names; each gets an id of its own. */
export function configuredTargets(config: GatewayConfig, build: BuildTarget, probes: ProbeDefaults): ConfiguredTargets {
  const ids = new Set<string>();
  const { backendIntervalMs, poolIntervalMs, vllmIntervalMs, ...patience } = probes;

  function compile(
    input: Pick<TargetInput, 'section' | 'name' | 'kind'> & {
      /** No address is in it: ids are shown to callers. */
      readonly id: (knownProvider: string | undefined) => string;
      readonly intervalMs: number;
    },
    entry: Partial<TargetEntry>,
  ): ConfiguredTarget {
    const { id, section, name, kind, intervalMs } = input;
    const built = build({
      id: (knownProvider) => freeId(printable(id(knownProvider)), ids),
      section,
      name,
      kind,
      entry: { ...emptyEntry, ...entry },
      resilience: config.resilience,
      probe: { ...patience, intervalMs },
      bulkheadWaitMs: config.queue.timeoutMs,
    });
    return { ...built, name };
  }

  const compileProvider = (entry: ProviderConfig): ConfiguredTarget & { readonly name: string } => {
    const { name, kind } = entry;
    const intervalMs = config.health?.intervalMs ?? config.routing.healthCheckIntervalMs;
    return { ...compile({ id: () => name, section: 'provider', name, kind, intervalMs }, entry), name };
  };

  // In this order: what a file names keeps its id, whatever the record calls its own.
  return {
    providers: config.providers.map(compileProvider),
    backends: config.backends.map((entry, index) => {
      const { url: baseUrl, name } = entry;
      const id = (knownProvider: string | undefined) => `backends/${name ?? knownProvider ?? index + 1}`;
      const input = { id, section: 'backend', name, kind: undefined, intervalMs: backendIntervalMs } as const;
      return compile(input, { ...entry, baseUrl });
    }),
    pools: config.models.map((pool) =>
      pool.providers.map((entry) => {
        const { name, kind } = entry;
        const id = () => `${pool.key}/${name}`;
        return compile({ id, section: 'pool', name, kind, intervalMs: poolIntervalMs }, entry);
      }),
    ),
    vllm: config.vllmBackends.map(({ model, urls }) =>
      urls.map((baseUrl) => {
        const id = () => `${model}/vllm`;
        const input = { id, section: 'vllm', name: undefined, kind: undefined, intervalMs: vllmIntervalMs } as const;
        return compile(input, { baseUrl });
      }),
    ),
    stored: (config.stored?.providers ?? []).map(compileProvider),
  };
}

const emptyEntry: TargetEntry = {
  baseUrl: undefined,
  apiKey: undefined,
  apiVersion: undefined,
  chatPath: undefined,
  healthPath: undefined,
  defaultModel: undefined,
  models: undefined,
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

/** The text with everything percent-encoded that a header cannot carry or that would end a word in it. */
function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, (run) => Buffer.from(run).toString('hex').replace(/../g, '%$&').toUpperCase());
}

/** The wanted id, or the same with the first number that makes it one of its own. */
function freeId(wanted: string, ids: Set<string>): string {
  let id = wanted;
  for (let number = 2; ids.has(id); number++) id = `${wanted}-${number}`;
  ids.add(id);
  return id;
}
