import type { Answer, AnswerContext } from './answer.ts';
import { jsonAnswer } from './answer.ts';
import { otherAnswer } from './catalogue.ts';
import { cohereEmbeddings } from './cohere-documents.ts';
import { requestIdHeader } from './converse.ts';
import { isRecord, type Json, objectAt } from './json.ts';
import { countContent, countWords } from './prompt.ts';
import { dimensionsOf, embed } from './vectors.ts';

/** Answers Bedrock's `count-tokens`, for a conversation or for the body of an invocation. */
export function bedrockCountAnswer(context: AnswerContext): Answer {
  const { json = {} } = context.request;
  const converse = objectAt(json, 'input', 'converse');
  const invoked = objectAt(json, 'input', 'invokeModel')['body'];
  const counted = typeof invoked === 'string' ? parseBlob(invoked) : converse;
  return { ...jsonAnswer({ inputTokens: countWords(counted) }), headers: requestIdHeader(context) };
}

/** Answers Bedrock's `invoke` for embeddings, Titan's by their text and Cohere's by their list of texts; echoes any other body. */
export function invokeAnswer(context: AnswerContext): Answer {
  const { json = {} } = context.request;
  if (typeof json['inputText'] === 'string') return titanAnswer(context, json['inputText']);
  if (Array.isArray(json['texts']) || Array.isArray(json['images']) || Array.isArray(json['inputs'])) {
    const { answer, tokens } = cohereEmbeddings(context);
    return invoked(context, answer, tokens);
  }
  return otherAnswer(context);
}

function titanAnswer(context: AnswerContext, inputText: string): Answer {
  const { json = {} } = context.request;
  const embedding = embed(inputText, dimensionsOf(json['dimensions']));
  const inputTextTokenCount = countContent(inputText);
  const byType = Array.isArray(json['embeddingTypes']) ? { embeddingsByType: { float: embedding } } : {};
  return invoked(context, { embedding, ...byType, inputTextTokenCount }, inputTextTokenCount);
}

function invoked(context: AnswerContext, answer: object, tokens: number): Answer {
  const headers = {
    ...requestIdHeader(context),
    'x-amzn-bedrock-invocation-latency': '321',
    'x-amzn-bedrock-input-token-count': String(tokens),
  };
  return { ...jsonAnswer(answer), headers };
}

function parseBlob(base64: string): Json {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
