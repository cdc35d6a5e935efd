import { asObject, asString, asTokens, hasNoCount, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

/**
 * Reads `usage` of an answer or of a stream's `metadata`. Converse counts cached tokens beside `inputTokens`, and says
 * each of their numbers twice (`cacheReadInputTokenCount` is the older name).
 * Undefined where it has no input, and where a count is none: what is not told must not be free.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  if (!usage || hasNoCount(usage, mainCounts)) return undefined;
  const fresh = asTokens(usage['inputTokens']);
  const output = asTokens(usage['outputTokens']);
  if (fresh === undefined) return undefined;
  const read = asTokens(usage['cacheReadInputTokens']) ?? asTokens(usage['cacheReadInputTokenCount']);
  const written = asTokens(usage['cacheWriteInputTokens']) ?? asTokens(usage['cacheWriteInputTokenCount']);
  const hour = hourTokens(usage);
  return {
    input: fresh + (read ?? 0) + (written ?? 0),
    output: output ?? 0,
    ...(read === undefined ? {} : { cachedInput: read }),
    ...(written === undefined ? {} : { cacheWriteInput: written }),
    ...(hour === undefined ? {} : { cacheWriteHourInput: hour }),
  };
}

const mainCounts = ['inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheWriteInputTokens'] as const;

/** The tier that answered. */
export function decodeServiceTier(value: unknown): string | undefined {
  return asString(asObject(value)?.['type']);
}

function hourTokens(usage: JsonObject): number | undefined {
  const detail = objectsIn(usage['cacheDetails']).find(({ ttl }) => ttl === '1h');
  return detail && asTokens(detail['inputTokens']);
}

/**
 * Writes a usage object. Without one the numbers that the wire insists on are zero: its clients read them unasked.
 * Converse has no count of reasoning; it is part of `outputTokens`.
 */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  if (!usage) return { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  const { input, output, cachedInput, cacheWriteInput, cacheWriteHourInput } = usage;
  const fresh = Math.max(0, input - (cachedInput ?? 0) - (cacheWriteInput ?? 0));
  return {
    inputTokens: fresh,
    outputTokens: output,
    // All tokens, those of the cache included, as Bedrock counts it.
    totalTokens: fresh + (cachedInput ?? 0) + (cacheWriteInput ?? 0) + output,
    ...(cachedInput === undefined ? {} : { cacheReadInputTokens: cachedInput }),
    ...(cacheWriteInput === undefined ? {} : { cacheWriteInputTokens: cacheWriteInput }),
    ...(cacheWriteHourInput === undefined
      ? {}
      : { cacheDetails: cacheDetails(cacheWriteInput ?? 0, cacheWriteHourInput) }),
  };
}

function cacheDetails(written: number, hour: number): readonly JsonObject[] {
  const details = [
    { ttl: '1h', inputTokens: hour },
    { ttl: '5m', inputTokens: Math.max(0, written - hour) },
  ];
  return details.filter(({ ttl, inputTokens }) => inputTokens > 0 || ttl === '1h');
}
