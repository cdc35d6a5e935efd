import type { ChatRequest, MediaPart, OutputFormat, Part } from '../../canonical/conversation.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { ExactNumber } from '../../framing/exact-json.ts';
import { encodeThinking } from './thinking.ts';
import { WIRE } from './wire.ts';

/** Writes `generationConfig`; members that were not asked for are undefined. */
export function encodeConfig(request: ChatRequest): JsonObject {
  const { stopSequences, logprobs, modalities, reasoning } = request;
  return {
    candidateCount: request.choices,
    stopSequences: stopSequences.length > 0 ? stopSequences : undefined,
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    seed: encodeSeed(request.seed),
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    responseLogprobs: logprobs && true,
    logprobs: logprobs?.top,
    responseModalities: modalities?.map((word) => word.toUpperCase()),
    speechConfig: encodeSpeech(request.audioOutput),
    thinkingConfig: encodeThinking(reasoning, request.origin === WIRE),
    mediaResolution: encodeResolution(request),
    ...encodeFormat(request.outputFormat),
  };
}

/** Seeds have 32 bits here, with a sign; larger ones are folded, each always to the same. */
function encodeSeed(seed: unknown): unknown {
  const text = seed instanceof ExactNumber ? seed.text : JSON.stringify(seed);
  if (text === undefined || !/^-?\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return Number(BigInt.asIntN(32, value) === value ? value : BigInt.asUintN(31, value));
}

/** The schema's name and description have no place here. */
function encodeFormat(format: OutputFormat | undefined): JsonObject {
  switch (format?.type) {
    case undefined:
      return {};
    case 'text':
      return { responseMimeType: 'text/plain' };
    case 'json':
      return { responseMimeType: 'application/json' };
    case 'json-schema':
      return { responseMimeType: 'application/json', responseJsonSchema: format.schema };
  }
}

function encodeSpeech(audio: unknown): unknown {
  if (!isObject(audio)) return undefined;
  const { voice: voiceName, speechConfig } = audio;
  if (speechConfig !== undefined) return speechConfig;
  return typeof voiceName === 'string' ? { voiceConfig: { prebuiltVoiceConfig: { voiceName } } } : undefined;
}

/** One resolution for all media: that of the images, where they agree. */
function encodeResolution({ turns }: ChatRequest): string | undefined {
  const details = new Set(turns.flatMap(({ parts }) => parts.flatMap(detailsOf)));
  const [detail] = details;
  if (details.size !== 1 || detail === undefined) return undefined;
  return resolutions.has(detail) ? `MEDIA_RESOLUTION_${detail.toUpperCase()}` : undefined;
}

const resolutions = new Set(['low', 'medium', 'high', 'ultra_high']);

function detailsOf(part: Part): readonly (string | undefined)[] {
  if (part.type === 'tool-result') return part.content.flatMap(detailsOf);
  return 'source' in part ? [(part as MediaPart).detail] : [];
}
