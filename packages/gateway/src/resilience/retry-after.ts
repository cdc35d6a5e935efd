/** Longest wait believed, in milliseconds. */
const longestMs = 3_600_000;
const longestHeaderLength = 64;

export interface RetryAfterInput {
  /** A response header by lower-case name. */
  readonly headers: (name: string) => string | undefined;
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly wallNow: number;
}

/**
 * Milliseconds that a response asks to wait, between 0 and an hour; undefined when it does not say. Reset times of rate
 * limits are told with every answer, so they count only when the limit is what refused.
 */
export function parseRetryAfter(input: RetryAfterInput): number | undefined {
  const { headers } = input;
  const asked =
    parseMilliseconds(headers('retry-after-ms')) ?? parseSecondsOrDate(headers('retry-after'), input.wallNow);
  if (asked !== undefined || input.status !== 429) return asked;
  return resetOfLimits(headers);
}

/** Keeps a wait within what is believed; undefined stays undefined. */
export function clampRetryAfter(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isNaN(ms) ? undefined : Math.min(longestMs, Math.max(0, Math.ceil(ms)));
}

/** `20ms`, `1s`, `6m0s`, `1h2m3.5s`, or a number of seconds; milliseconds, undefined when it is none of these. */
export function parseDuration(text: string | undefined): number | undefined {
  if (text === undefined || text === '' || text.length > longestHeaderLength) return undefined;
  const plain = parseNumber(text);
  if (plain !== undefined) return plain * 1000;
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(text);
  if (parts === null) return undefined;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = parts;
  return +days * 86_400_000 + +hours * 3_600_000 + +minutes * 60_000 + +seconds * 1000 + +milliseconds;
}

function parseMilliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : clampRetryAfter(parseNumber(text.trim()));
}

function parseSecondsOrDate(text: string | undefined, wallNow: number): number | undefined {
  const value = text?.trim() ?? '';
  if (value === '' || value.length > longestHeaderLength) return undefined;
  const seconds = parseDuration(value);
  if (seconds !== undefined) return clampRetryAfter(seconds);
  // Only a date begins with the name of a day; the engine would read much else as a date too.
  return /^[A-Za-z]{3}/.test(value) ? clampRetryAfter(Date.parse(value) - wallNow) : undefined;
}

function resetOfLimits(headers: RetryAfterInput['headers']): number | undefined {
  let exhausted: number | undefined;
  let soonest: number | undefined;
  for (const unit of ['requests', 'tokens']) {
    const reset = parseDuration(headers(`x-ratelimit-reset-${unit}`)?.trim());
    if (reset === undefined) continue;
    soonest = Math.min(reset, soonest ?? reset);
    if (headers(`x-ratelimit-remaining-${unit}`)?.trim() === '0') exhausted = Math.max(reset, exhausted ?? 0);
  }
  return clampRetryAfter(exhausted ?? soonest);
}

function parseNumber(text: string): number | undefined {
  return /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}
