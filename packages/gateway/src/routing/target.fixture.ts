import { anyRequest } from './model-fallbacks.ts';
import { defaultRouteOptions } from './route-options.ts';
import type { Resolution, Route, RouteTarget, RoutingFacts, Target } from './target.ts';

/** A target that is in order, with whatever a test changes. */
export function makeTarget(id: string, changes: Partial<Target> = {}): Target {
  return {
    id,
    provider: id,
    kind: id,
    healthId: id,
    enabled: true,
    unusable: undefined,
    origin: `https://${id}.example`,
    pathOf: () => '/v1/chat/completions',
    chat: [{ protocol: 'openai-chat', pathOf: () => '/v1/chat/completions', credentialHeaders: [], quirks: {} }],
    operations: {
      root: '',
      embeddings: () => ['openai'],
      rerank: ['jina'],
      credentialHeaders: [],
      base64Numbers: 'float32',
    },
    proxyBase: '/v1',
    proxyQuery: '',
    credentialHeaders: [],
    weight: 1,
    priority: 0,
    region: undefined,
    defaultModel: undefined,
    models: undefined,
    timeouts: {
      connectMs: 5_000,
      streamHeadersMs: 20_000,
      unaryHeadersMs: 60_000,
      firstTokenMs: 10_000,
      idleMs: 30_000,
      streamIdleMs: 30_000,
      unaryTotalMs: 300_000,
      streamTotalMs: 600_000,
    },
    maxAttempts: 3,
    bulkhead: undefined,
    limits: [],
    probe: { path: '/health', intervalMs: 30_000, timeoutMs: 5_000, failureThreshold: 3, successThreshold: 1 },
    acceptsStreamOptions: true,
    ...changes,
  };
}

export function member(target: Target, upstreamModel?: string): RouteTarget {
  return { target, upstreamModel };
}

/** A route of tiers of target ids. */
export function makeRoute(tiers: readonly (readonly string[])[], changes: Partial<Route> = {}): Route {
  const members = tiers.map((ids) => ids.map((id) => member(makeTarget(id))));
  return {
    id: 'test',
    label: 'test',
    tiers: members,
    strategy: 'round_robin',
    options: defaultRouteOptions,
    ...changes,
  };
}

export function makeResolution(route: Route, requestedModel: string | undefined = 'model'): Resolution {
  return { route, requestedModel, reason: 'model' };
}

export function makeFacts(changes: Partial<RoutingFacts> = {}): RoutingFacts {
  return { ...anyRequest, ...changes };
}
