import { asString, asTokens, hasNoCount, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

/**
 * Reads `usageMetadata`. Tokens of thought are counted beside those of the answer, tokens of what tools of Google's own
 * put into the prompt beside those of the prompt; cached ones are part of it. Undefined where a count is none, and
 * without that of the prompt: what is not told must not be free.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value) || hasNoCount(value, mainCounts)) return undefined;
  const prompt = asTokens(value['promptTokenCount']);
  const answer = asTokens(value['candidatesTokenCount']);
  const total = asTokens(value['totalTokenCount']);
  const thoughts = asTokens(value['thoughtsTokenCount']);
  // The first chunks of some streams have nothing but `trafficType`. Where counts of nothing are left out, the total tells.
  if (prompt === undefined && (total !== 0 || answer || thoughts)) return undefined;
  const input = (prompt ?? 0) + (asTokens(value['toolUsePromptTokenCount']) ?? 0);
  // Should thoughts be counted among the answer after all, the total tells.
  const isInclusive = answer !== undefined && answer >= (thoughts ?? 0) && total === input + answer;
  const told = (answer ?? 0) + (isInclusive ? 0 : (thoughts ?? 0));
  // Some versions of Vertex leave thoughts out of all counts but the total.
  const output = total === undefined ? told : Math.max(told, total - input);
  const cached = asTokens(value['cachedContentTokenCount']);
  const heard = readModalities(value['promptTokensDetails']);
  const made = readModalities(value['candidatesTokensDetails']);
  const kept = readModalities(value['cacheTokensDetails']);
  return {
    input,
    output,
    ...(cached === undefined ? {} : { cachedInput: cached }),
    ...(thoughts === undefined ? {} : { reasoning: thoughts }),
    ...(heard?.audio === undefined ? {} : { audioInput: heard.audio }),
    ...(made?.audio === undefined ? {} : { audioOutput: made.audio }),
    ...(heard?.image === undefined ? {} : { imageInput: heard.image }),
    ...(made === undefined ? {} : { imageOutput: made.image ?? 0 }),
    ...(kept?.audio === undefined ? {} : { cachedAudioInput: kept.audio }),
    ...(kept?.image === undefined ? {} : { cachedImageInput: kept.image }),
  };
}

const mainCounts = [
  'promptTokenCount',
  'toolUsePromptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
] as const;

/** Writes `usageMetadata`. */
export function encodeUsage(usage: Usage, serviceTier: string | undefined): JsonObject {
  const { input, output, cachedInput } = usage;
  const thoughts = usage.reasoning === undefined ? undefined : Math.min(usage.reasoning, output);
  const answer = output - (thoughts ?? 0);
  return {
    promptTokenCount: input,
    candidatesTokenCount: answer,
    totalTokenCount: input + output,
    cachedContentTokenCount: cachedInput,
    promptTokensDetails: modalities(input, { audio: usage.audioInput, image: usage.imageInput }),
    candidatesTokensDetails: modalities(answer, { audio: usage.audioOutput, image: usage.imageOutput }),
    cacheTokensDetails: modalities(cachedInput ?? 0, {
      audio: usage.cachedAudioInput,
      image: usage.cachedImageInput,
    }),
    thoughtsTokenCount: thoughts,
    serviceTier,
  };
}

/** Google says `standard` for what the vocabulary, as OpenAI does, calls `default`. */
export function decodeServiceTier(value: unknown): string | undefined {
  const tier = asString(value)?.toLowerCase();
  return tier === 'standard' ? 'default' : tier;
}

/**
 * The tier that answered. Vertex AI tells it as a type of traffic, where it is not the usual one:
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/priority-paygo
 */
export function decodeAnsweredTier(metadata: unknown): string | undefined {
  if (!isObject(metadata)) return undefined;
  const traffic = metadata['trafficType'];
  if (traffic === 'ON_DEMAND_PRIORITY') return 'priority';
  if (traffic === 'ON_DEMAND_FLEX') return 'flex';
  return decodeServiceTier(metadata['serviceTier']);
}

/** Google's word for a service tier; `auto` leaves it to the project, which is what no word does. */
export function encodeServiceTier(tier: string | undefined): string | undefined {
  if (tier === 'auto') return undefined;
  return tier === 'default' ? 'standard' : tier;
}

interface Modalities {
  readonly audio: number | undefined;
  readonly image: number | undefined;
}

/**
 * Tokens of sound and of pictures; undefined where kinds are not told. Where they are and pictures are not among them,
 * there were none, which matters to models that make pictures at another price.
 */
function readModalities(details: unknown): Modalities | undefined {
  const told = objectsIn(details);
  if (told.length === 0) return undefined;
  let audio: number | undefined;
  let image: number | undefined;
  for (const { modality, tokenCount } of told) {
    if (modality === 'AUDIO') audio = asTokens(tokenCount);
    else if (modality === 'IMAGE') image = asTokens(tokenCount);
  }
  return { audio, image };
}

function modalities(tokens: number, { audio, image }: Modalities): readonly JsonObject[] | undefined {
  if (audio === undefined && !image) return undefined;
  return [
    { modality: 'TEXT', tokenCount: Math.max(0, tokens - (audio ?? 0) - (image ?? 0)) },
    ...(audio === undefined ? [] : [{ modality: 'AUDIO', tokenCount: audio }]),
    ...(image ? [{ modality: 'IMAGE', tokenCount: image }] : []),
  ];
}
