const calm = { last_check: null, reason: 'probe', failure: null, retry_in_ms: null, models: [] };

/** Two backends, one of which is out. */
export const backendsHealth = {
  timestamp: '2026-01-02T03:04:05.678Z',
  total_backends: 2,
  healthy_count: 1,
  unhealthy_count: 1,
  degraded_count: 0,
  unknown_count: 0,
  disabled_count: 0,
  usable_count: 1,
  backends: [
    {
      ...calm,
      provider: 'one',
      target: 'chat/one',
      endpoint: 'https://one.example',
      status: 'healthy',
      usable: true,
      latency_ms: 321,
      success_rate: 0.995,
      circuit_breaker: 'closed',
      last_check: '2026-01-02T03:04:00.000Z',
      since: '2026-01-02T00:00:00.000Z',
      models: [{ model: 'm', state: 'open', failure: 'overloaded', since: null, retry_in_ms: 4_000 }],
    },
    {
      ...calm,
      provider: 'two',
      target: 'chat/two',
      endpoint: 'https://two.example',
      status: 'unhealthy',
      usable: false,
      latency_ms: null,
      success_rate: null,
      circuit_breaker: 'open',
      since: '2026-01-02T03:00:00.000Z',
      reason: 'passive',
      failure: 'connect_failed',
      retry_in_ms: 90_000,
    },
  ],
  health_history: [
    {
      target: 'chat/two',
      model: null,
      from: 'healthy',
      to: 'unhealthy',
      reason: 'passive',
      failure: 'connect_failed',
      at: '2026-01-02T03:00:00.000Z',
      lasted_ms: 600_000,
    },
  ],
};

/** A request that one of two targets would get. */
export const routingTest = {
  model: 'gpt-4o',
  tenant: 'tenant-001',
  selected_provider: 'one',
  selected_target: 'chat/one',
  selected_endpoint: 'https://one.example/v1/chat/completions',
  decision: 'chat/one gets the request.',
  fallback_chain: [
    { attempt: 2, target: 'chat/two', tier: 1 },
    { attempt: 3, target: 'large/two', tier: 1, fallback_model: 'large', beyond_max_attempts: true },
  ],
  candidates: [
    { target: 'chat/one', tier: 1, upstream_model: 'm', weight: 2, chosen: true, usable: true, reasons_not: [] },
    {
      target: 'chat/two',
      tier: 1,
      upstream_model: 'm',
      weight: 1,
      chosen: false,
      usable: false,
      reasons_not: [
        { code: 'unhealthy', message: 'It is out of service.' },
        { code: 'lower_tier', message: 'Tier 2 is asked later.' },
      ],
    },
  ],
};

/** What a well gateway answers an operator, by path. */
const noCache = { enabled: false, message: 'There is no response cache.' };

export const managementAnswers: Readonly<Record<string, unknown>> = {
  '/api/v1/cache/stats': noCache,
  '/api/v1/cache/entries': { ...noCache, entries: [] },
  '/api/v1/cache/config': noCache,
  '/api/v1/cache/clear': { ...noCache, cleared: 0 },
  '/api/v1/backends/health': backendsHealth,
  '/api/v1/routing/test': routingTest,
  '/api/v1/routing/config': {
    strategy: null,
    default_provider: 'one',
    max_attempts: 3,
    routes: [
      {
        route: 'models/chat',
        models: ['gpt-4o', 'chat'],
        also: 'no_model',
        strategy: 'weighted',
        options: { stream_recovery: 'restart', sticky_by: 'key', hedging: null, single_flight: true },
        tiers: [[{ target: 'chat/one' }, { target: 'chat/two' }], [{ target: 'large/two' }]],
      },
    ],
  },
  '/api/v1/routing/rules': {
    rules: [{ order: 1, name: 'nightly', priority: 10, condition: '*', target: 'one', usable: false }],
  },
  '/api/v1/routing/weights': {
    routes: [
      {
        route: 'models/chat',
        strategy: 'weighted',
        targets: [
          {
            target: 'chat/one',
            tier: 1,
            weight: 2,
            canary_percent: null,
            configured_share: 0.9,
            effective_share: 1,
            usable: true,
          },
          {
            target: 'chat/two',
            tier: 1,
            weight: 1,
            canary_percent: 10,
            configured_share: 0.1,
            effective_share: 0,
            usable: false,
          },
        ],
      },
    ],
  },
  '/api/v1/routing/stats': {
    scope: 'process',
    from: '2026-01-02T03:00:00.000Z',
    to: '2026-01-02T03:04:05.000Z',
    targets: [
      {
        target: 'chat/one',
        requests: 7,
        answered: 6,
        failures: 1,
        passed_over: 2,
        retries: 3,
        hedges: 0,
        recoveries: 0,
        copies: 0,
      },
    ],
  },
};
