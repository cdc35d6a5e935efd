/** Longest wait believed, in milliseconds. */
const longestMs = 3_600_000;
const longestLength = 64;

/** Keeps a wait within what is believed, between 0 and an hour, in whole milliseconds; undefined stays undefined. */
export function clampWait(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isNaN(ms) ? undefined : Math.min(longestMs, Math.max(0, Math.ceil(ms)));
}

/** `20ms`, `1s`, `6m0s`, `1h2m3.5s`, or a number of seconds; milliseconds, undefined when it is none of these. */
export function parseDuration(text: string | undefined): number | undefined {
  if (text === undefined || text === '' || text.length > longestLength) return undefined;
  const plain = parseNumber(text);
  if (plain !== undefined) return plain * 1000;
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(text);
  if (parts === null) return undefined;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = parts;
  return +days * 86_400_000 + +hours * 3_600_000 + +minutes * 60_000 + +seconds * 1000 + +milliseconds;
}

/** Numbers from here on are seconds since 1970, and from the second on milliseconds: nobody asks to wait for 30 years. */
const firstEpochSeconds = 1e9;
const firstEpochMs = 1e12;

/**
 * Milliseconds until the moment that a text names in any of the ways in which servers do: a duration, seconds from
 * now, seconds or milliseconds since 1970, or a date. Between 0 and an hour; undefined when it is none of these.
 *
 * @param wallNow milliseconds since 1970
 */
export function parseWait(text: string | undefined, wallNow: number): number | undefined {
  const value = text?.trim() ?? '';
  if (value === '' || value.length > longestLength) return undefined;
  const number = parseNumber(value);
  if (number !== undefined) {
    if (number >= firstEpochMs) return clampWait(number - wallNow);
    return clampWait(number >= firstEpochSeconds ? number * 1000 - wallNow : number * 1000);
  }
  const duration = parseDuration(value);
  if (duration !== undefined) return clampWait(duration);
  // Only the two forms in use: the engine would read much else as a date too.
  const isDate = /^[A-Za-z]{3}[a-z]{0,6},? /.test(value) || /^\d{4}-\d\d-\d\dT\d\d:/.test(value);
  return isDate ? clampWait(Date.parse(value) - wallNow) : undefined;
}

/** A number of milliseconds, as a text. */
export function parseMilliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : clampWait(parseNumber(text.trim()));
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, s: 1000, h: 3_600_000, d: 86_400_000, ms: 1 };

/** Every repetition has a bound, so that a long text takes no more than its length. */
const askedInWords =
  /\b(?:try again|retry|retrying|wait|resets?|available)(?: (?:again|in|after|for|at least|about|approximately)){0,3}:? ((?:\d{1,9}(?:\.\d{1,9})? ?(?:ms|milliseconds?|secs?|seconds?|s|mins?|minutes?|m|hrs?|hours?|h|days?|d)(?![a-z])[ ,]{0,2}){1,5})/;
const amount = /(\d{1,9}(?:\.\d{1,9})?) ?([a-z]{1,12})/g;

/**
 * The wait that a message asks for in words: `please try again in 7m12.5s`, `retry after 26 seconds`. Milliseconds
 * between 0 and an hour; undefined when it asks for none.
 *
 * @param text in lower case
 */
export function waitInWords(text: string): number | undefined {
  const found = askedInWords.exec(text)?.[1];
  if (found === undefined) return undefined;
  let totalMs = 0;
  for (const [, number, unit] of found.matchAll(amount)) {
    totalMs += Number(number) * unitMs[unit!.startsWith('ms') || unit!.startsWith('milli') ? 'ms' : unit!.charAt(0)]!;
  }
  return clampWait(totalMs);
}

function parseNumber(text: string): number | undefined {
  return /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}
