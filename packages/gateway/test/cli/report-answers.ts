const from = '2026-01-02T02:00:00.000Z';

const timings = { total_requests: 1_234, avg: 812.5, min: 12, max: 130_000, p50: 700, 'p99.9': 4_200 };
const untimed = { total_requests: 0, avg: null, min: null, max: null, p50: null, 'p99.9': null };

export const latencyAnswer = {
  window: '1h',
  from,
  ...timings,
  first_byte: untimed,
  by_provider: [{ provider: 'acme', ...timings }],
  by_model: [{ model: 'large', ...timings }],
  recent_requests: [],
};

const spent = { cost: 1.25, requests: 3, input_tokens: 12_000, output_tokens: 400, unpriced_attempts: 0 };

export const costAnswer = {
  window: '24h',
  from,
  currency: 'USD',
  total_cost: 1.250000001,
  total_requests: 4,
  total_input_tokens: 12_100,
  total_output_tokens: 410,
  avg_cost_per_request: 0.31250000025,
  unpriced_attempts: 0,
  estimated_attempts: 0,
  group_by: 'tenant',
  groups: [
    { name: 'one', ...spent },
    { name: '', ...spent, cost: 0.000000001, requests: 1, input_tokens: 100, output_tokens: 10 },
  ],
  by_provider: [],
  by_model: [],
  by_tenant: [],
  time_series: [],
  breakdown: [{ provider: 'acme', model: 'large', tenant: '', ...spent }],
  is_truncated: false,
};

const used = { requests: 3, total_tokens: 12_400, input_tokens: 12_000, output_tokens: 400 };

export const tokensAnswer = {
  window: '24h',
  from,
  total_requests: 3,
  total_tokens: 12_400,
  avg_tokens_per_request: 4_133.333,
  estimated_attempts: 0,
  group_by: 'provider',
  groups: [
    {
      name: 'acme',
      ...used,
      cached_tokens: 7,
      cache_write_tokens: 6,
      reasoning_tokens: 5,
      audio_input_tokens: 4,
      audio_output_tokens: 3,
      image_input_tokens: 2,
      image_output_tokens: 1,
    },
  ],
  is_truncated: false,
};

/** What a gateway with a record reports to an operator, by path. */
export const reportAnswers: Readonly<Record<string, unknown>> = {
  '/api/v1/metrics/latency': latencyAnswer,
  '/api/v1/metrics/cost': costAnswer,
  '/api/v1/metrics/tokens': tokensAnswer,
};
