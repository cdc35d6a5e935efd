import type {
  BackendConfig,
  GatewayConfig,
  ModelPoolConfig,
  PoolProviderConfig,
  ProviderConfig,
  RoutingConfig,
  TargetOptions,
} from '../config/gateway-config.ts';

const options: TargetOptions = {
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

/** The parts of a configuration that routing reads, with whatever a test changes. */
export function makeConfig(
  changes: Partial<Pick<GatewayConfig, 'backends' | 'models' | 'vllmBackends' | 'providers'>> & {
    readonly routing?: Partial<RoutingConfig>;
  },
): GatewayConfig {
  const config: Pick<
    GatewayConfig,
    'backends' | 'models' | 'vllmBackends' | 'providers' | 'routing' | 'resilience' | 'queue'
  > = {
    backends: [],
    models: [],
    vllmBackends: [],
    providers: [],
    resilience: {
      retry: { maxAttempts: 3, initialDelayMs: 100, maxDelayMs: 5_000, backoffMultiplier: 2 },
      timeout: {
        connectMs: 5_000,
        requestMs: 300_000,
        streamingMs: 600_000,
        streamHeadersMs: 20_000,
        unaryHeadersMs: 60_000,
        firstTokenMs: 10_000,
        idleMs: 30_000,
        streamIdleMs: 30_000,
      },
      bulkhead: undefined,
    },
    queue: { maxConcurrent: 1_000, maxSize: 1_000, timeoutMs: 300_000 },
    ...changes,
    routing: {
      strategy: undefined,
      defaultProvider: undefined,
      fallbackEnabled: true,
      healthCheckIntervalMs: 30_000,
      rules: [],
      ...changes.routing,
    },
  };
  return config as GatewayConfig;
}

export function makeBackend(url: string, changes: Partial<BackendConfig> = {}): BackendConfig {
  return {
    ...options,
    url,
    name: undefined,
    healthPath: '/health',
    chatPath: '/v1/chat/completions',
    apiKey: undefined,
    defaultModel: undefined,
    models: undefined,
    ...changes,
  };
}

export function makePool(key: string, providers: readonly PoolProviderConfig[], modelName = key): ModelPoolConfig {
  return { key, modelName, strategy: undefined, providers };
}

export function makePoolProvider(name: string, changes: Partial<PoolProviderConfig> = {}): PoolProviderConfig {
  return {
    ...options,
    name,
    kind: undefined,
    baseUrl: `http://${name}/v1`,
    apiKey: 'k',
    apiVersion: undefined,
    model: undefined,
    ...changes,
  };
}

export function makeProvider(name: string, changes: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    ...options,
    name,
    kind: undefined,
    apiKey: 'k',
    baseUrl: undefined,
    apiVersion: undefined,
    defaultModel: undefined,
    models: undefined,
    ...changes,
  };
}
