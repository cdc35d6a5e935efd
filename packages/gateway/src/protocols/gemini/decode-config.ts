import type { ChatRequest, OutputFormat } from '../../canonical/conversation.ts';
import { isObject } from '../../canonical/json.ts';
import { jsonSchema } from './json-schema.ts';
import type { RequestReading } from './request-reading.ts';
import { decodeThinking } from './thinking.ts';
import { WireFields } from './wire-fields.ts';

type Settings = Pick<
  ChatRequest,
  | 'maxOutputTokens'
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'stopSequences'
  | 'seed'
  | 'choices'
  | 'logprobs'
  | 'reasoning'
  | 'outputFormat'
  | 'modalities'
  | 'audioOutput'
>;

/** `generationConfig`, which may be missing. */
export function configOf(body: WireFields): WireFields {
  return body.object('generationConfig') ?? new WireFields({}, 'generationConfig');
}

/** Reads `generationConfig`. */
export function decodeConfig(config: WireFields, reading: RequestReading): Settings {
  const settings = {
    maxOutputTokens: config.count('maxOutputTokens'),
    temperature: config.number('temperature'),
    topP: config.number('topP'),
    topK: config.number('topK'),
    frequencyPenalty: config.number('frequencyPenalty'),
    presencePenalty: config.number('presencePenalty'),
    stopSequences: config.strings('stopSequences') ?? [],
    // As it was written: it may have more digits than a number can hold.
    seed: config.number('seed') === undefined ? undefined : config.value('seed'),
    choices: config.count('candidateCount'),
    logprobs: decodeLogprobs(config),
    reasoning: decodeThinking(config.object('thinkingConfig')),
    outputFormat: decodeFormat(config, reading),
    modalities: config.strings('responseModalities')?.map((word) => word.toLowerCase()),
    audioOutput: decodeSpeech(config),
  };
  reading.noteUnreadWithin(config);
  return settings;
}

/** How closely media are to be looked at: `MEDIA_RESOLUTION_LOW` → `low`. */
export function decodeResolution(config: WireFields): string | undefined {
  const word = config.string('mediaResolution')?.toLowerCase().replace('media_resolution_', '');
  return word === 'unspecified' ? undefined : word;
}

function decodeLogprobs(config: WireFields): ChatRequest['logprobs'] {
  const top = config.count('logprobs');
  return config.boolean('responseLogprobs') === true ? { top } : undefined;
}

function decodeFormat(config: WireFields, reading: RequestReading): OutputFormat | undefined {
  const mediaType = config.string('responseMimeType');
  // The second is the name that the API's own description gives it.
  const schema = config.value('responseJsonSchema') ?? config.value('_responseJsonSchema');
  const own = config.value('responseSchema');
  if (mediaType !== undefined && mediaType !== 'application/json' && mediaType !== 'text/plain') {
    // `text/x.enum`: one of some words, without quotes. Nobody else has it.
    reading.unknownMembers.push(config.pathOf('responseMimeType'));
    if (own !== undefined) reading.unknownMembers.push(config.pathOf('responseSchema'));
    return undefined;
  }
  if (schema !== undefined || own !== undefined) {
    const shape = schema ?? jsonSchema(own);
    return { type: 'json-schema', name: undefined, description: undefined, schema: shape, strict: undefined };
  }
  if (mediaType === undefined) return undefined;
  return { type: mediaType === 'application/json' ? 'json' : 'text' };
}

/** The voice as the vocabulary has it, and all of what was said for this wire's own upstreams. */
function decodeSpeech(config: WireFields): ChatRequest['audioOutput'] {
  const speech = config.object('speechConfig');
  if (!speech) return undefined;
  const voice = speech.object('voiceConfig')?.object('prebuiltVoiceConfig')?.string('voiceName');
  return { ...(voice === undefined ? {} : { voice }), speechConfig: config.value('speechConfig') };
}

/** Reads `safetySettings`. */
export function decodeSafety(body: WireFields): unknown {
  const settings = body.value('safetySettings');
  return isObject(settings) ? [settings] : settings;
}
