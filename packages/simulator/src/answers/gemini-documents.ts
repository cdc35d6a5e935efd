import type { Answer, AnswerContext } from './answer.ts';
import { jsonAnswer } from './answer.ts';
import { fieldOf, isRecord, type Json, objectAt } from './json.ts';
import { countContent, countWords } from './prompt.ts';
import { dimensionsOf, embed } from './vectors.ts';

/** Answers Gemini's `countTokens`, for a whole request or for its contents alone. */
export function geminiCountAnswer({ request: { json = {} } }: AnswerContext): Answer {
  const whole = fieldOf(json, 'generateContentRequest');
  const totalTokens = countWords(isRecord(whole) ? whole : json);
  return jsonAnswer({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] });
}

/** Answers Gemini's `embedContent`. */
export function geminiEmbedAnswer({ request: { json = {} } }: AnswerContext): Answer {
  return jsonAnswer({ embedding: embedding(json), ...usage([json]) });
}

/** Answers Gemini's `batchEmbedContents`. */
export function geminiBatchEmbedAnswer({ request: { json = {} } }: AnswerContext): Answer {
  const requests = Array.isArray(json['requests']) ? json['requests'].filter(isRecord) : [];
  return jsonAnswer({ embeddings: requests.map(embedding), ...usage(requests) });
}

function embedding(request: Json): object {
  const config = objectAt(request, 'embedContentConfig');
  const dimensions = fieldOf(request, 'outputDimensionality') ?? fieldOf(config, 'outputDimensionality');
  return { values: embed(JSON.stringify(request['content']) ?? '', dimensionsOf(dimensions)) };
}

function usage(requests: readonly Json[]): object {
  const promptTokenCount = requests.reduce((sum, { content }) => sum + countContent(content), 0);
  return { usageMetadata: { promptTokenCount } };
}
