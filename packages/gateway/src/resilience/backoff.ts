export interface BackoffInput {
  /** 1 before the second try, 2 before the third. */
  readonly attempt: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Milliseconds to wait before a retry: uniform between 0 and the exponentially grown ceiling, so that callers who
 * failed together do not come back together.
 */
export function fullJitterDelay(input: BackoffInput): number {
  const grown = input.initialDelayMs * input.multiplier ** Math.max(0, input.attempt - 1);
  return input.random() * Math.max(0, Math.min(input.maxDelayMs, grown));
}
