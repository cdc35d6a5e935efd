import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, noticesOf } from './load-in-directory.ts';

async function resilienceOf(text: string) {
  return (await loadFiles({ 'config.yaml': `resilience: ${text}` })).config.resilience;
}

describe('resilience.retry', () => {
  it('has defaults for waits and budget', async () => {
    expect((await resilienceOf('{}')).retry).toEqual({
      maxAttempts: 3,
      initialDelayMs: 100,
      maxDelayMs: 5000,
      backoffMultiplier: 2,
      strategy: 'jittered',
      maxAskedWaitMs: 30_000,
      budgetPercent: 20,
      budgetFloor: 10,
    });
  });

  it.each(['jittered', 'full_jitter', 'full-jitter', 'decorrelated', 'exponential', 'fixed'])(
    'takes the strategy %s without a notice',
    async (strategy) => {
      const loaded = await loadFiles({ 'config.yaml': `resilience: {retry: {strategy: ${strategy}}}` });
      expect(loaded.config.resilience.retry.strategy).toBe(strategy.replace('-', '_'));
      expect(loaded.notices).toEqual([]);
    },
  );

  it('takes a wait of nothing, and a budget of nothing', async () => {
    expect(
      (await resilienceOf('{retry: {max_wait_seconds: 0, budget_percent: 0, budget_floor: 0}}')).retry,
    ).toMatchObject({ maxAskedWaitMs: 0, budgetPercent: 0, budgetFloor: 0 });
    expect((await resilienceOf('{retry: {max_wait_seconds: 1.5, budget_percent: 12.5}}')).retry).toMatchObject({
      maxAskedWaitMs: 1500,
      budgetPercent: 12.5,
      budgetFloor: 10,
    });
  });
});

describe('resilience.timeout.operations', () => {
  it('is absent when nothing differs', async () => {
    expect(await resilienceOf('{}')).not.toHaveProperty('operationTimeouts');
    expect(await resilienceOf('{timeout: {operations: {chat: {}}}}')).not.toHaveProperty('operationTimeouts');
  });

  it('holds only what a file says', async () => {
    const { operationTimeouts, timeout } = await resilienceOf(
      '{timeout: {idle_seconds: 9, operations: {embeddings: {headers_seconds: 5, request_seconds: 20}, images: {first_token_seconds: 0.5}}}}',
    );
    expect(operationTimeouts).toEqual({
      embeddings: { unaryHeadersMs: 5000, requestMs: 20_000 },
      images: { firstTokenMs: 500 },
    });
    expect(timeout).toMatchObject({ idleMs: 9000, requestMs: 300_000 });
  });

  it('names an operation that there is not', async () => {
    const text = 'resilience:\n  timeout:\n    operations:\n      embedings: {idle_seconds: 1}\n';
    const loaded = await loadFiles({ 'config.yaml': text });
    expect(noticesOf(loaded, 'warning')).toEqual([
      'config.yaml:4:7 resilience.timeout.operations.embedings is not a known key and has no effect. Did you mean `embeddings`?',
    ]);
    expect(loaded.config.resilience).not.toHaveProperty('operationTimeouts');
    expect(await failureOf(loadFiles({ 'config.yaml': text }, { flags: { strict: true } }))).toMatch(
      /^config\.yaml:4:7: resilience\.timeout\.operations\.embedings/,
    );
  });

  it('names a limit that there is not', async () => {
    const loaded = await loadFiles({ 'config.yaml': 'resilience: {timeout: {operations: {chat: {idle: 1}}}}' });
    expect(noticesOf(loaded, 'warning')[0]).toContain('operations.chat.idle is not a known key');
  });
});

describe('resilience.circuit_breaker', () => {
  it('is a quick one where no file says anything', async () => {
    const quick = { failureThreshold: 3, successThreshold: 1, openMs: 5000, maxOpenMs: 20_000, rampMs: 10_000 };
    expect((await loadFiles({})).config.resilience.circuitBreaker).toEqual(quick);
    expect((await resilienceOf('{retry: {max_attempts: 1}}')).circuitBreaker).toEqual(quick);
  });

  it('has defaults of its own where the section is', async () => {
    const loaded = await loadFiles({ 'config.yaml': 'resilience: {circuit_breaker: {}}' });
    expect(loaded.notices).toEqual([]);
    expect(loaded.config.resilience.circuitBreaker).toEqual({
      failureThreshold: 5,
      successThreshold: 3,
      openMs: 60_000,
      maxOpenMs: 240_000,
      rampMs: 10_000,
    });
  });

  it.each([
    ['timeout_seconds: 2', 2000, 8000],
    ['timeout_seconds: 100', 100_000, 300_000],
    ['timeout_seconds: 400', 400_000, 400_000],
    ['timeout_seconds: 2, max_timeout_seconds: 2', 2000, 2000],
    ['max_timeout_seconds: 900', 60_000, 900_000],
  ])('opens for longer and longer, up to a limit: %s', async (text, openMs, maxOpenMs) => {
    expect((await resilienceOf(`{circuit_breaker: {${text}}}`)).circuitBreaker).toMatchObject({ openMs, maxOpenMs });
  });

  it('is undefined, not absent, when it is switched off', async () => {
    const resilience = await resilienceOf('{circuit_breaker: {enabled: false, failure_threshold: 1}}');
    expect(resilience).toHaveProperty('circuitBreaker', undefined);
  });

  it('may close at once', async () => {
    expect((await resilienceOf('{circuit_breaker: {ramp_seconds: 0}}')).circuitBreaker?.rampMs).toBe(0);
  });
});

describe('resilience.adaptive_concurrency', () => {
  it('is off without its section, and when it is switched off', async () => {
    expect(await resilienceOf('{}')).toHaveProperty('adaptiveConcurrency', undefined);
    expect(await resilienceOf('{adaptive_concurrency: {enabled: false}}')).toHaveProperty(
      'adaptiveConcurrency',
      undefined,
    );
  });

  it.each([
    ['', { minLimit: 1, maxLimit: 1000, initialLimit: 20 }],
    ['initial: 50', { minLimit: 1, maxLimit: 1000, initialLimit: 50 }],
    ['max: 8', { minLimit: 1, maxLimit: 8, initialLimit: 8 }],
    ['min: 30, max: 30', { minLimit: 30, maxLimit: 30, initialLimit: 30 }],
  ])('begins between its bounds: {%s}', async (text, expected) => {
    expect((await resilienceOf(`{adaptive_concurrency: {${text}}}`)).adaptiveConcurrency).toEqual(expected);
  });
});

describe('resilience.outlier_ejection', () => {
  it('is off without its section, and when it is switched off', async () => {
    expect(await resilienceOf('{}')).toHaveProperty('outlierEjection', undefined);
    expect(await resilienceOf('{outlier_ejection: {enabled: false}}')).toHaveProperty('outlierEjection', undefined);
  });

  it('has defaults', async () => {
    expect((await resilienceOf('{outlier_ejection: {}}')).outlierEjection).toEqual({
      windowMs: 30_000,
      minRequests: 20,
      excessPercent: 30,
      ejectionMs: 30_000,
      maxEjectedPercent: 50,
    });
    expect(
      (await resilienceOf('{outlier_ejection: {window_seconds: 1, ejection_seconds: 2.5, excess_percent: 7.5}}'))
        .outlierEjection,
    ).toMatchObject({ windowMs: 1000, ejectionMs: 2500, excessPercent: 7.5, minRequests: 20 });
  });
});

describe('problems', () => {
  it.each([
    ['retry: {strategy: full-jiter}', '1:22: resilience.retry.strategy must be one of', 'Did you mean `full_jitter`?'],
    ['retry: {max_wait_seconds: -1}', '1:22: resilience.retry.max_wait_seconds must be at least 0, not -1.'],
    ['retry: {budget_percent: 1001}', '1:22: resilience.retry.budget_percent must be at most 1000, not 1001.'],
    ['retry: {budget_floor: 1.5}', '1:22: resilience.retry.budget_floor must be a whole number, not 1.5.'],
    ['timeout: {operations: {chat: {idle_seconds: 0}}}', 'operations.chat.idle_seconds must be more than 0, not 0.'],
    ['timeout: {operations: {chat: 5}}', 'operations.chat must be a section with keys, not 5.'],
    [
      'circuit_breaker: {max_timeout_seconds: 30}',
      '1:32: resilience.circuit_breaker.max_timeout_seconds must not be less than `timeout_seconds`.',
    ],
    ['circuit_breaker: {failure_threshold: 0}', 'circuit_breaker.failure_threshold must be at least 1, not 0.'],
    ['circuit_breaker: {ramp_seconds: soon}', 'circuit_breaker.ramp_seconds must be a number, not text.'],
    [
      'adaptive_concurrency: {min: 5, max: 4, initial: 9}',
      '1:37: resilience.adaptive_concurrency.min must not be more than `max`.',
    ],
    [
      'adaptive_concurrency: {max: 8, initial: 9}',
      '1:45: resilience.adaptive_concurrency.initial must be between `min` and `max`.',
    ],
    ['adaptive_concurrency: {min: 0}', 'adaptive_concurrency.min must be at least 1, not 0.'],
    ['outlier_ejection: {excess_percent: 101}', 'outlier_ejection.excess_percent must be at most 100, not 101.'],
    ['outlier_ejection: {min_requests: 0}', 'outlier_ejection.min_requests must be at least 1, not 0.'],
  ])('%s', async (text, ...expected) => {
    const message = await failureOf(loadFiles({ 'config.yaml': `resilience: {${text}}` }));
    for (const part of expected) expect(message).toContain(part);
    expect(message.split('\n')).toHaveLength(1);
  });
});

it('reads the same from TOML', async () => {
  const text = `
[resilience.circuit_breaker]
timeout_seconds = 1
[resilience.timeout.operations.rerank]
request_seconds = 3
`;
  expect((await loadFiles({ 'config.toml': text })).config.resilience).toMatchObject({
    circuitBreaker: { openMs: 1000, maxOpenMs: 4000 },
    operationTimeouts: { rerank: { requestMs: 3000 } },
  });
});
