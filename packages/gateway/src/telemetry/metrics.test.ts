import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../canonical/exchange.ts';
import { maxLabelSets } from './metric-family.ts';
import { createMetrics } from './metrics.ts';
import { mergeMetrics } from './metrics-snapshot.ts';

const attempt = {
  targetId: 't',
  provider: 'groq',
  upstreamModel: 'm',
  outcome: 'ok',
  status: 200,
  durationMs: 250,
  usage: { input: 12, output: 30 },
};
const entry: LedgerEntry = {
  id: 'req-1',
  operation: 'chat',
  stream: true,
  principal: 'anonymous',
  requestedModel: 'sk-canary-model',
  modelLabel: 'fast',
  targetModel: 'llama',
  responseModel: 'llama',
  provider: 'groq',
  targetId: 't',
  status: 200,
  outcome: 'completed',
  failure: undefined,
  attempts: [attempt],
  usage: { input: 12, output: 30 },
  durationMs: 700,
  firstByteMs: 100,
  queuedMs: 0,
  overheadMs: 0.09,
};

/** Samples of a Prometheus text by their series; every line must have its form. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# ')) continue;
    const match = /^([a-z_]\w*(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})?) (-?[\d.e+-]+|NaN|Nan|[+-]Inf)$/.exec(line);
    expect(match, line).not.toBeNull();
    const series = match?.[1] ?? '';
    expect(samples.has(series), `${series} twice`).toBe(false);
    samples.set(series, Number(match?.[2]));
  }
  return samples;
}

function create() {
  return createMetrics({ defaultMetrics: false });
}

describe('observe', () => {
  it('counts a completed stream', async () => {
    const metrics = create();
    metrics.observe(entry);
    metrics.observe(entry);
    const text = await metrics.text();
    const samples = parse(text);
    const labels = 'provider="groq",model="fast"';
    expect(samples.get(`gateway_requests_total{status="200",${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_duration_seconds_sum{${labels}}`)).toBeCloseTo(1.4);
    expect(samples.get(`gateway_request_duration_seconds_bucket{le="0.5",${labels}}`)).toBe(0);
    expect(samples.get(`gateway_request_duration_seconds_bucket{le="1",${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_duration_seconds_bucket{le="300",${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_duration_seconds_bucket{le="+Inf",${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_duration_seconds_count{${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_tokens_total{type="input",${labels}}`)).toBe(24);
    expect(samples.get(`gateway_request_tokens_total{type="output",${labels}}`)).toBe(60);
    expect(samples.get(`gateway_time_to_first_token_seconds_bucket{le="0.1",${labels}}`)).toBe(2);
    expect(samples.get('gateway_overhead_seconds_bucket{le="0.00005"}')).toBe(0);
    expect(samples.get('gateway_overhead_seconds_bucket{le="0.0001"}')).toBe(2);
    expect(samples.get('gateway_provider_requests_total{provider="groq"}')).toBe(2);
    expect(samples.get('gateway_provider_latency_seconds_bucket{le="0.25",provider="groq"}')).toBe(2);
    expect(text).toContain('# TYPE gateway_requests_total counter\n');
    expect(text).toContain('# TYPE gateway_request_duration_seconds histogram\n');
    expect(text).not.toContain('canary');
  });

  it('counts the tokens of every attempt at its provider, and apart those that nobody reported', async () => {
    const metrics = create();
    const outrun = { ...attempt, provider: 'azure', outcome: 'cancelled', isEstimated: true, isOutrun: true };
    metrics.observe({ ...entry, attempts: [{ ...outrun, usage: { input: 5, output: 0 } }, attempt] });
    metrics.hedgedCost('azure', 1_500_000_000);
    const samples = parse(await metrics.text());
    const of = (type: string, provider: string) => `{type="${type}",provider="${provider}",model="fast"}`;
    expect(samples.get(`gateway_request_tokens_total${of('input', 'groq')}`)).toBe(12);
    expect(samples.get(`gateway_request_tokens_total${of('input', 'azure')}`)).toBe(5);
    expect(samples.get(`gateway_estimated_tokens_total${of('input', 'azure')}`)).toBe(5);
    expect(samples.get(`gateway_estimated_tokens_total${of('input', 'groq')}`)).toBeUndefined();
    expect(samples.get('gateway_hedged_cost_dollars_total{provider="azure"}')).toBe(1.5);
  });

  it('counts failures of attempts and of exchanges by kind', async () => {
    const metrics = create();
    const outcomes = ['transient', 'cancelled', 'target_busy', 'Bearer canary', 'ok'];
    metrics.observe({
      ...entry,
      provider: undefined,
      modelLabel: 'unknown',
      status: 502,
      outcome: 'failed',
      failure: 'upstream_failed',
      attempts: outcomes.map((outcome) => ({ ...attempt, outcome })),
      usage: undefined,
      firstByteMs: undefined,
    });
    const text = await metrics.text();
    const samples = parse(text);
    expect(samples.get('gateway_requests_total{status="502",provider="none",model="unknown"}')).toBe(1);
    expect(samples.get('gateway_errors_total{kind="upstream_failed"}')).toBe(1);
    expect(samples.get('gateway_provider_errors_total{provider="groq",kind="transient"}')).toBe(1);
    expect(samples.get('gateway_provider_errors_total{provider="groq",kind="other"}')).toBe(1);
    expect(samples.get('gateway_provider_errors_total{provider="groq",kind="target_busy"}')).toBe(1);
    expect(samples.has('gateway_provider_errors_total{provider="groq",kind="cancelled"}')).toBe(false);
    expect(samples.get('gateway_provider_requests_total{provider="groq"}')).toBe(4);
    expect(text).not.toContain('canary');
  });

  it('keeps label sets bounded', async () => {
    const metrics = create();
    const rounds = maxLabelSets + 500;
    for (let index = 0; index < rounds; index += 1) {
      metrics.observe({ ...entry, modelLabel: `m${index}` });
      metrics.rateLimited(`r${index}`);
    }
    const samples = parse(await metrics.text());
    const requests = [...samples].filter(([series]) => series.startsWith('gateway_requests_total'));
    expect(requests).toHaveLength(maxLabelSets + 1);
    expect(requests.reduce((sum, [, value]) => sum + value, 0)).toBe(rounds);
    expect(samples.get('gateway_requests_total{status="other",provider="other",model="other"}')).toBe(500);
    expect(samples.get('gateway_rate_limit_exceeded_total{limit="other"}')).toBe(500);
  });

  it('takes no nonsense into its sums', async () => {
    const metrics = create();
    metrics.observe({
      ...entry,
      durationMs: Number.NaN,
      attempts: [{ ...attempt, usage: { input: -5, output: Number.POSITIVE_INFINITY } }],
    });
    const samples = parse(await metrics.text());
    expect(samples.get('gateway_request_tokens_total{type="input",provider="groq",model="fast"}')).toBe(0);
    expect(samples.get('gateway_request_duration_seconds_count{provider="groq",model="fast"}')).toBe(0);
  });

  it('escapes labels', async () => {
    const metrics = create();
    metrics.retry('a"b\\c\nd');
    expect(await metrics.text()).toContain('gateway_retry_attempts_total{provider="a\\"b\\\\c\\nd"} 1\n');
  });
});

describe('gauges and the rest', () => {
  it('show their last value, and zero from the start', async () => {
    const metrics = create();
    expect(parse(await metrics.text()).get('gateway_queue_depth')).toBe(0);
    metrics.setQueueDepth(7);
    metrics.inFlight(1);
    metrics.inFlight(1);
    metrics.inFlight(-1);
    metrics.setTargetState('t', 2);
    metrics.retry('groq');
    metrics.rateLimited('global');
    const samples = parse(await metrics.text());
    expect(samples.get('gateway_queue_depth')).toBe(7);
    expect(samples.get('gateway_in_flight_requests')).toBe(1);
    expect(samples.get('gateway_circuit_breaker_state{target="t"}')).toBe(2);
    expect(samples.get('gateway_retry_attempts_total{provider="groq"}')).toBe(1);
    expect(samples.get('gateway_rate_limit_exceeded_total{limit="global"}')).toBe(1);
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('include those of the process when asked', async () => {
    const samples = parse(await createMetrics({ defaultMetrics: true }).text());
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  });
});

describe('several workers', () => {
  it('are added up, and their worst state is shown', async () => {
    const workers = [createMetrics({ defaultMetrics: true }), createMetrics({ defaultMetrics: true })];
    for (const [index, worker] of workers.entries()) {
      worker.observe(entry);
      worker.inFlight(1);
      worker.setTargetState('t', index === 0 ? 1 : 0);
    }
    workers[1]?.retry('groq');
    const snapshots = await Promise.all(workers.map((worker) => worker.snapshotJson()));
    const text = await mergeMetrics(JSON.parse(JSON.stringify(snapshots)));
    const samples = parse(text);
    const labels = 'provider="groq",model="fast"';
    expect(samples.get(`gateway_requests_total{status="200",${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_duration_seconds_bucket{le="1",${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_duration_seconds_bucket{le="+Inf",${labels}}`)).toBe(2);
    expect(samples.get(`gateway_request_duration_seconds_sum{${labels}}`)).toBeCloseTo(1.4);
    expect(samples.get('gateway_in_flight_requests')).toBe(2);
    expect(samples.get('gateway_circuit_breaker_state{target="t"}')).toBe(1);
    expect(samples.get('gateway_retry_attempts_total{provider="groq"}')).toBe(1);
    expect(text).toContain('# TYPE gateway_request_duration_seconds histogram\n');
  });

  it('may be none', async () => {
    expect((await mergeMetrics([])).trim()).toBe('');
  });
});
