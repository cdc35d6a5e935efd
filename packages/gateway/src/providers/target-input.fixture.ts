import type { ResilienceConfig } from '../config/gateway-config.ts';
import { createBuildTarget, type TargetEntry, type TargetInput } from './build-target.ts';

export const resilience: ResilienceConfig = {
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
};

/** What a section of the configuration gives for one endpoint, with whatever a test changes. */
export function makeTargetInput(
  changes: Partial<Omit<TargetInput, 'entry'>> & { readonly entry?: Partial<TargetEntry> } = {},
): TargetInput {
  return {
    id: 'test',
    section: 'provider',
    name: undefined,
    kind: undefined,
    resilience,
    probe: { intervalMs: 30_000, timeoutMs: 5_000, failureThreshold: 3, successThreshold: 1 },
    bulkheadWaitMs: 60_000,
    ...changes,
    entry: {
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
      ...changes.entry,
    },
  };
}

const unauthorized = () => Promise.reject(new Error('No test asks for a token.'));

/** Compiles endpoints on a machine that has no variables and no accounts. */
export const buildTarget = createBuildTarget({
  environment: {},
  sources: { aws: () => unauthorized, google: () => unauthorized, entra: () => unauthorized },
});
