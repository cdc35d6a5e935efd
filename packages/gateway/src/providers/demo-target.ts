import type { AttemptTimeouts, Target } from '../routing/target.ts';

export interface DemoSettings {
  readonly origin: string;
  readonly model: string;
  readonly timeouts: AttemptTimeouts;
}

/** The target of the built-in demo model, which lives in the process and is reached like any other. */
export function createDemoTarget({ origin, model, timeouts }: DemoSettings): Target {
  return {
    id: model,
    provider: model,
    kind: model,
    healthId: model,
    enabled: true,
    unusable: undefined,
    origin,
    pathOf: (operation) => (operation === 'chat' ? '/v1/chat/completions' : undefined),
    chat: [{ protocol: 'openai-chat', pathOf: () => '/v1/chat/completions', credentialHeaders: [], quirks: {} }],
    operations: {
      root: '',
      embeddings: () => [],
      rerank: [],
      credentialHeaders: [],
      base64Numbers: 'float32',
    },
    proxyBase: '/v1',
    proxyQuery: '',
    credentialHeaders: [],
    weight: 1,
    priority: 0,
    region: undefined,
    defaultModel: model,
    models: new Map([[model, model]]),
    timeouts,
    maxAttempts: 1,
    bulkhead: undefined,
    limits: [],
    probe: { path: undefined, intervalMs: 30_000, timeoutMs: 5_000, failureThreshold: 3, successThreshold: 1 },
    acceptsStreamOptions: true,
  };
}
