import type { Operation } from '../canonical/operation.ts';

/** How attempts are limited, repeated and kept away from targets that fare badly. */
export interface ResilienceConfig {
  readonly retry: {
    /** Attempts in all, the first included, over all targets. */
    readonly maxAttempts: number;
    readonly initialDelayMs: number;
    readonly maxDelayMs: number;
    readonly backoffMultiplier: number;
    /** How delays grow; absent: `jittered`. */
    readonly strategy?: RetryStrategy;
    /** Longest wait that an upstream may ask for, in milliseconds; absent: 30 s. */
    readonly maxAskedWaitMs?: number;
    /** Further attempts at most, in percent of a route's requests; absent: 20. */
    readonly budgetPercent?: number;
    /** Further attempts that are always allowed to a route within ten seconds, however few its requests; absent: 10. */
    readonly budgetFloor?: number;
  };
  readonly timeout: AttemptLimitsConfig;
  /** Limits of single operations where they differ; absent: none do. */
  readonly operationTimeouts?: Readonly<Partial<Record<Operation, Partial<AttemptLimitsConfig>>>>;
  readonly bulkhead:
    | { readonly maxConcurrent: number; readonly maxQueue: number; readonly isShared?: boolean }
    | undefined;
  /** Undefined: targets are not taken out for failed requests. Absent: the defaults. */
  readonly circuitBreaker?: CircuitBreakerConfig | undefined;
  /** Undefined or absent: the bulkhead's limit stays what it is. */
  readonly adaptiveConcurrency?: AdaptiveConcurrencyConfig | undefined;
  /** Undefined or absent: no target is taken out for being worse than the others. */
  readonly outlierEjection?: OutlierEjectionConfig | undefined;
}

/**
 * How the waits between attempts grow. `jittered`: by chance between half and the whole of the growing delay;
 * `full_jitter`: between nothing and the whole; `decorrelated`: by chance between the first delay and three times the
 * last one; `exponential`: the growing delay; `fixed`: always the first.
 */
export type RetryStrategy = 'jittered' | 'full_jitter' | 'decorrelated' | 'exponential' | 'fixed';

/** Limits of one attempt, in milliseconds. */
export interface AttemptLimitsConfig {
  readonly connectMs: number;
  readonly requestMs: number;
  readonly streamingMs: number;
  readonly streamHeadersMs: number;
  readonly unaryHeadersMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  /** The same within a stream that another target may complete. */
  readonly streamIdleMs: number;
}

/** When a target, or one model of it, is left alone because its requests fail. */
export interface CircuitBreakerConfig {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** Successes in a row that close it again. */
  readonly successThreshold: number;
  /** How long it stays open the first time, and at most, in milliseconds. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Time over which its share of the traffic grows back after it closed, in milliseconds; 0: at once. */
  readonly rampMs: number;
}

/** How many requests a target may hold, found out by how it fares. */
export interface AdaptiveConcurrencyConfig {
  readonly minLimit: number;
  readonly maxLimit: number;
  readonly initialLimit: number;
}

/** When a target is taken out because it fails more than the others of its tier. */
export interface OutlierEjectionConfig {
  /** Milliseconds over which failures are counted. */
  readonly windowMs: number;
  /** Requests within the window below which a target is not judged. */
  readonly minRequests: number;
  /** How many percent points more of its requests fail than of the others'. */
  readonly excessPercent: number;
  readonly ejectionMs: number;
  /** Targets of a tier out at the same time at most, in percent. */
  readonly maxEjectedPercent: number;
}
