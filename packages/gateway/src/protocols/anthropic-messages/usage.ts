import { asObject, asTokens, hasNoCount, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { addUsage, type TokenCounts, type Usage } from '../../canonical/usage.ts';
import { toNumber } from '../../framing/exact-json.ts';

/**
 * Reads a usage object. Undefined when it is none, where it has no input, and where a count of it is none: what is not
 * told must not be free.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  let counts = decodeCounts(value);
  for (const step of objectsIn(value['iterations'])) {
    if (!uncounted.has(step['type'])) continue;
    const more = decodeCounts(step);
    counts = counts && more && addUsage(counts, more);
  }
  const rate = decodeRate(value);
  return counts && rate !== undefined ? { ...counts, rate } : counts;
}

/**
 * Steps of an answer that are charged beside its totals: that in which the provider shortened the conversation
 * (https://platform.claude.com/docs/en/build-with-claude/compaction), and what another model took that was asked for advice,
 * whose own price is not known here.
 */
const uncounted: ReadonlySet<unknown> = new Set(['compaction', 'advisor_message']);

/**
 * The counts of an answer or of a step of it. This wire's `input_tokens` are those after the last cache mark only: what was
 * read from the cache and written to it is counted apart. `output_tokens` include the thinking.
 */
function decodeCounts(value: JsonObject): TokenCounts | undefined {
  if (hasNoCount(value, mainCounts, count)) return undefined;
  const input = count(value['input_tokens']);
  const output = count(value['output_tokens']);
  if (input === undefined) return undefined;
  const cached = count(value['cache_read_input_tokens']) ?? 0;
  const written = count(value['cache_creation_input_tokens']) ?? 0;
  const hour = Math.min(written, count(asObject(value['cache_creation'])?.['ephemeral_1h_input_tokens']) ?? 0);
  const reasoning = count(asObject(value['output_tokens_details'])?.['thinking_tokens']) ?? 0;
  return {
    input: input + cached + written,
    output: output ?? 0,
    ...(cached > 0 ? { cachedInput: cached } : {}),
    ...(written > 0 ? { cacheWriteInput: written } : {}),
    ...(hour > 0 ? { cacheWriteHourInput: hour } : {}),
    ...(reasoning > 0 ? { reasoning } : {}),
  };
}

/**
 * The rate beside the tier of service, of a usage object or of a request, which have the same two members for it: `speed`
 * (https://platform.claude.com/docs/en/build-with-claude/fast-mode) and `inference_geo`
 * (https://platform.claude.com/docs/en/manage-claude/data-residency). Undefined: the usual one.
 */
export function decodeRate({ speed, inference_geo: geo }: JsonObject): string | undefined {
  const region = typeof geo === 'string' && regionName.test(geo) && !anywhere.has(geo) ? geo : undefined;
  if (speed !== 'fast') return region;
  return region === undefined ? 'fast-mode' : `fast-mode-${region}`;
}

/** Words for a region that costs nothing, or for none. */
const anywhere: ReadonlySet<string> = new Set(['global', 'not_available']);
const regionName = /^[a-z][a-z0-9_-]{1,15}$/;

/** The counts that both a whole answer and the last event of a stream have. */
export function encodeCounts(usage: Usage | undefined): JsonObject {
  const { input = 0, output = 0, cachedInput = 0, cacheWriteInput = 0, reasoning = 0 } = usage ?? {};
  return {
    input_tokens: Math.max(0, input - cachedInput - cacheWriteInput),
    cache_creation_input_tokens: cacheWriteInput,
    cache_read_input_tokens: cachedInput,
    output_tokens: output,
    ...(reasoning > 0 ? { output_tokens_details: { thinking_tokens: reasoning } } : {}),
  };
}

/** The usage object of a whole answer and of `message_start`: every member that the client libraries declare. */
export function encodeUsage(usage: Usage | undefined, serviceTier: string | undefined): JsonObject {
  const { cacheWriteInput = 0, cacheWriteHourInput = 0 } = usage ?? {};
  return {
    cache_creation: {
      ephemeral_5m_input_tokens: Math.max(0, cacheWriteInput - cacheWriteHourInput),
      ephemeral_1h_input_tokens: cacheWriteHourInput,
    },
    server_tool_use: null,
    service_tier: encodeAnsweredTier(serviceTier),
    inference_geo: null,
    ...encodeCounts(usage),
  };
}

/**
 * Merges the usage of `message_delta` into that of `message_start`: the later counts are totals, not increments, and
 * what the later object leaves out or has as `null` still holds.
 */
export function mergeUsage(earlier: JsonObject, later: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...earlier };
  for (const [key, value] of Object.entries(later)) if (value !== null && value !== undefined) merged[key] = value;
  return merged;
}

/** The tier that answered, in the words that the other wires share: this one's `standard` is their `default`. */
export function decodeAnsweredTier(usage: unknown): string | undefined {
  const tier = asObject(usage)?.['service_tier'];
  if (typeof tier !== 'string') return undefined;
  return tier === 'standard' ? 'default' : tier;
}

function encodeAnsweredTier(tier: string | undefined): string | null {
  if (tier === undefined) return null;
  return tier === 'default' ? 'standard' : tier;
}

const mainCounts = ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const;

function count(value: unknown): number | undefined {
  return asTokens(toNumber(value));
}
