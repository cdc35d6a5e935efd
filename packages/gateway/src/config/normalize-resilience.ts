import { milliseconds } from './milliseconds.ts';
import type {
  AdaptiveConcurrencyConfig,
  AttemptLimitsConfig,
  CircuitBreakerConfig,
  OutlierEjectionConfig,
  ResilienceConfig,
} from './resilience-config.ts';
import type { FileConfig } from './schema.ts';
import type { FileAttemptLimits } from './sections/attempt-limit-fields.ts';
import type { FileResilience } from './sections/resilience-section.ts';

/** `resilience` in milliseconds, sections that are switched off left undefined. */
export function normalizeResilience({ resilience }: FileConfig): ResilienceConfig {
  const { retry, timeout, bulkhead } = resilience;
  const { operations, ...limits } = timeout;
  return {
    retry: {
      maxAttempts: retry.max_attempts,
      initialDelayMs: retry.initial_delay_ms,
      maxDelayMs: retry.max_delay_ms,
      backoffMultiplier: retry.backoff_multiplier,
      strategy: retry.strategy,
      maxAskedWaitMs: milliseconds(retry.max_wait_seconds),
      budgetPercent: retry.budget_percent,
      budgetFloor: retry.budget_floor,
    },
    timeout: attemptLimits(limits),
    ...operationTimeouts(operations),
    bulkhead: bulkhead && {
      maxConcurrent: bulkhead.max_concurrent,
      maxQueue: bulkhead.max_queue,
      ...(bulkhead.shared && { isShared: true }),
    },
    circuitBreaker: circuitBreaker(resilience.circuit_breaker),
    adaptiveConcurrency: adaptiveConcurrency(resilience.adaptive_concurrency),
    outlierEjection: outlierEjection(resilience.outlier_ejection),
  };
}

const limitNames = {
  connect_seconds: 'connectMs',
  request_seconds: 'requestMs',
  streaming_seconds: 'streamingMs',
  headers_seconds: 'unaryHeadersMs',
  stream_headers_seconds: 'streamHeadersMs',
  first_token_seconds: 'firstTokenMs',
  idle_seconds: 'idleMs',
  stream_idle_seconds: 'streamIdleMs',
} as const satisfies Readonly<Record<keyof FileAttemptLimits, keyof AttemptLimitsConfig>>;

/** The limits that a file gives, in milliseconds: all of them, or those that differ in one place. */
export function attemptLimits(limits: Readonly<Record<keyof FileAttemptLimits, number>>): AttemptLimitsConfig;
export function attemptLimits(limits: FileAttemptLimits): Partial<AttemptLimitsConfig>;
export function attemptLimits(limits: FileAttemptLimits): Partial<AttemptLimitsConfig> {
  const given = Object.entries(limits).filter((entry): entry is [keyof FileAttemptLimits, number] => {
    return entry[1] !== undefined;
  });
  return Object.fromEntries(given.map(([key, seconds]) => [limitNames[key], milliseconds(seconds)]));
}

function operationTimeouts(
  operations: FileResilience['timeout']['operations'],
): Pick<ResilienceConfig, 'operationTimeouts'> {
  const differing = Object.entries(operations)
    .map(([operation, limits]) => [operation, attemptLimits(limits ?? {})] as const)
    .filter(([, limits]) => Object.keys(limits).length > 0);
  return differing.length === 0 ? {} : { operationTimeouts: Object.fromEntries(differing) };
}

// What is on for files that say nothing: it opens early and shortly, because requests have other targets to go to and
// nobody chose a longer time.
const usualBreaker: CircuitBreakerConfig = {
  failureThreshold: 3,
  successThreshold: 1,
  openMs: 5_000,
  maxOpenMs: 20_000,
  rampMs: 10_000,
};

const LONGEST_USUAL_OPEN_SECONDS = 300;

function circuitBreaker(section: FileResilience['circuit_breaker']): CircuitBreakerConfig | undefined {
  if (section === undefined) return usualBreaker;
  if (!section.enabled) return undefined;
  const first = section.timeout_seconds;
  // An own first time may be longer than what is usual at most.
  const most = section.max_timeout_seconds ?? Math.max(first, Math.min(4 * first, LONGEST_USUAL_OPEN_SECONDS));
  return {
    failureThreshold: section.failure_threshold,
    successThreshold: section.success_threshold,
    openMs: milliseconds(first),
    maxOpenMs: milliseconds(most),
    rampMs: milliseconds(section.ramp_seconds),
  };
}

const USUAL_INITIAL_LIMIT = 20;

function adaptiveConcurrency(section: FileResilience['adaptive_concurrency']): AdaptiveConcurrencyConfig | undefined {
  if (!section?.enabled) return undefined;
  const { min, max, initial } = section;
  const usual = Math.min(max, Math.max(min, USUAL_INITIAL_LIMIT));
  return { minLimit: min, maxLimit: max, initialLimit: initial ?? usual };
}

function outlierEjection(section: FileResilience['outlier_ejection']): OutlierEjectionConfig | undefined {
  if (!section?.enabled) return undefined;
  return {
    windowMs: milliseconds(section.window_seconds),
    minRequests: section.min_requests,
    excessPercent: section.excess_percent,
    ejectionMs: milliseconds(section.ejection_seconds),
    maxEjectedPercent: section.max_ejected_percent,
  };
}
