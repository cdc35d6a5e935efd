import { clampWait, parseMilliseconds, parseWait } from './retry-duration.ts';

export interface RetryAfterInput {
  /** A response header by lower-case name. */
  readonly headers: (name: string) => string | undefined;
  /** Milliseconds since 1970. */
  readonly wallNow: number;
}

/** Milliseconds that a response asks to wait, between 0 and an hour; undefined when it does not say. */
export function parseRetryAfter({ headers, wallNow }: RetryAfterInput): number | undefined {
  const exact = parseMilliseconds(headers('retry-after-ms'));
  // Some round the exact wait down to nothing beside a whole second.
  if (exact !== undefined && exact > 0) return exact;
  return parseWait(headers('retry-after'), wallNow) ?? exact;
}

/** Keys under which error bodies say how long to wait: the first in any unit, the others in the unit of their name. */
const waitKeys = ['retryDelay', 'retry_after', 'retryAfter'];
const secondKeys = ['retry_after_seconds', 'retryAfterSeconds', 'estimated_time'];
const millisecondKeys = ['retry_after_ms', 'retryAfterMs'];

/** Milliseconds that a part of an error body asks to wait; undefined when it does not. */
export function waitInBody(part: Readonly<Record<string, unknown>>): number | undefined {
  for (const key of waitKeys) {
    const value = part[key];
    // A moment in a body cannot be told from a duration without knowing the time; none is in use.
    const wait = typeof value === 'string' || typeof value === 'number' ? parseWait(String(value), 0) : undefined;
    if (wait !== undefined) return wait;
  }
  return scaled(part, secondKeys, 1000) ?? scaled(part, millisecondKeys, 1);
}

function scaled(part: Readonly<Record<string, unknown>>, keys: readonly string[], unitMs: number): number | undefined {
  for (const key of keys) {
    const value = part[key];
    const number = typeof value === 'string' && value !== '' ? Number(value) : value;
    if (typeof number === 'number' && number >= 0) return clampWait(number * unitMs);
  }
  return undefined;
}
