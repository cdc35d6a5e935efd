import { asCount, asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

/**
 * Reads `usageMetadata`. Tokens of thought are counted beside those of the answer, tokens of what tools of Google's own
 * put into the prompt beside those of the prompt; cached ones are part of it.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const prompt = asCount(value['promptTokenCount']);
  const answer = asCount(value['candidatesTokenCount']);
  const total = asCount(value['totalTokenCount']);
  // The first chunks of some streams have nothing but `trafficType`.
  if (prompt === undefined && answer === undefined && total === undefined) return undefined;
  const input = (prompt ?? 0) + (asCount(value['toolUsePromptTokenCount']) ?? 0);
  const thoughts = asCount(value['thoughtsTokenCount']);
  // Should thoughts be counted among the answer after all, the total tells.
  const isInclusive = answer !== undefined && answer >= (thoughts ?? 0) && total === input + answer;
  const output = (answer ?? 0) + (isInclusive ? 0 : (thoughts ?? 0));
  const cached = asCount(value['cachedContentTokenCount']);
  const audioInput = modality(value['promptTokensDetails'], 'AUDIO');
  const audioOutput = modality(value['candidatesTokensDetails'], 'AUDIO');
  return {
    input,
    output,
    ...(cached === undefined ? {} : { cachedInput: cached }),
    ...(thoughts === undefined ? {} : { reasoning: thoughts }),
    ...(audioInput === undefined ? {} : { audioInput }),
    ...(audioOutput === undefined ? {} : { audioOutput }),
  };
}

/** Writes `usageMetadata`. */
export function encodeUsage(usage: Usage, serviceTier: string | undefined): JsonObject {
  const { input, output, cachedInput, audioInput, audioOutput } = usage;
  const thoughts = usage.reasoning === undefined ? undefined : Math.min(usage.reasoning, output);
  const answer = output - (thoughts ?? 0);
  return {
    promptTokenCount: input,
    candidatesTokenCount: answer,
    totalTokenCount: input + output,
    cachedContentTokenCount: cachedInput,
    promptTokensDetails: modalities(input, audioInput),
    candidatesTokensDetails: modalities(answer, audioOutput),
    thoughtsTokenCount: thoughts,
    serviceTier,
  };
}

/** Google says `standard` for what the vocabulary, as OpenAI does, calls `default`. */
export function decodeServiceTier(value: unknown): string | undefined {
  const tier = asString(value)?.toLowerCase();
  return tier === 'standard' ? 'default' : tier;
}

/** Google's word for a service tier; `auto` leaves it to the project, which is what no word does. */
export function encodeServiceTier(tier: string | undefined): string | undefined {
  if (tier === 'auto') return undefined;
  return tier === 'default' ? 'standard' : tier;
}

function modality(details: unknown, name: string): number | undefined {
  const entry = objectsIn(details).find((item) => item['modality'] === name);
  return entry && asCount(entry['tokenCount']);
}

function modalities(tokens: number, audio: number | undefined): readonly JsonObject[] | undefined {
  if (audio === undefined) return undefined;
  return [
    { modality: 'TEXT', tokenCount: Math.max(0, tokens - audio) },
    { modality: 'AUDIO', tokenCount: audio },
  ];
}
