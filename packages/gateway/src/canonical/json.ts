/** A JSON object of which nothing is known yet. */
export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What says nothing: an empty text, list or object, which some clients send for none. */
export function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === '' || (isObject(value) && Object.keys(value).length === 0);
}

/** The value when it is a string. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value when it is an object. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** The objects of an array; nothing when the value is no array. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value when it is a whole number that is not negative. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The same of one in quotes too, as many servers read them: Google's, and those that coerce what they are sent. */
export function asQuotedCount(value: unknown): number | undefined {
  return asCount(typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
}

/** Of what is more, sums would soon be larger than a database holds. No answer takes as many. */
const MOST_TOKENS = 10_000_000_000;

/** The value when it can be a number of tokens. */
export function asTokens(value: unknown): number | undefined {
  const count = asCount(value);
  return count === undefined || count > MOST_TOKENS ? undefined : count;
}

/**
 * Whether one of these members says something in place of a count that is none: negative, broken, too large to be one.
 * `read` gives the counts.
 */
export function hasNoCount(object: JsonObject, names: readonly string[], read = asTokens): boolean {
  for (const name of names) {
    const value = object[name];
    if (value !== undefined && value !== null && read(value) === undefined) return true;
  }
  return false;
}
