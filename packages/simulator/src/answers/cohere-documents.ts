import type { Answer, AnswerContext } from './answer.ts';
import { answerId, jsonAnswer } from './answer.ts';
import { rankDocuments } from './documents.ts';
import { countContent } from './prompt.ts';
import { dimensionsOf, embed, floatsToBase64 } from './vectors.ts';

/** Answers Cohere's `/v2/embed`. */
export function cohereEmbedAnswer(context: AnswerContext): Answer {
  const { answer, tokens } = cohereEmbeddings(context);
  return jsonAnswer({
    ...answer,
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: tokens } },
  });
}

/** The embeddings that Cohere answers, also on Bedrock, where older models answer plain lists unless types are named. */
export function cohereEmbeddings({ request, index }: AnswerContext): { answer: object; tokens: number } {
  const { json = {} } = request;
  const texts = [json['texts'], json['inputs'], json['images']].find(Array.isArray) ?? [];
  const dimensions = dimensionsOf(json['output_dimension']);
  const vectors = texts.map((text) => embed(typeof text === 'string' ? text : JSON.stringify(text), dimensions));
  const asked = Array.isArray(json['embedding_types']) ? json['embedding_types'] : undefined;
  const plain = asked === undefined && request.endpoint === 'bedrock-invoke' && /embed-\w+-v3/.test(request.model);
  const types = asked ?? ['float'];
  const answer = {
    id: answerId('', index),
    texts: texts.filter((text) => typeof text === 'string'),
    embeddings: plain
      ? vectors
      : Object.fromEntries(types.map((type) => [String(type), vectors.map((vector) => typed(vector, String(type)))])),
    response_type: plain ? 'embeddings_floats' : 'embeddings_by_type',
  };
  return { answer, tokens: texts.reduce<number>((sum, text) => sum + countContent(text), 0) };
}

/** Answers Cohere's `/v2/rerank`. */
export function cohereRerankAnswer({ request, index }: AnswerContext): Answer {
  return jsonAnswer({
    id: answerId('', index),
    results: rankDocuments(request),
    meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
  });
}

function typed(vector: readonly number[], type: string): unknown {
  const signed = vector.map((value) => Math.round(value * 127));
  if (type === 'base64') return floatsToBase64(vector);
  if (type === 'int8') return signed;
  if (type === 'uint8') return signed.map((value) => value + 128);
  if (type === 'binary' || type === 'ubinary') return packBits(vector, type === 'binary' ? 128 : 0);
  return vector;
}

// Eight signs a byte; the signed form is the unsigned one less 128.
function packBits(vector: readonly number[], offset: number): number[] {
  return Array.from({ length: Math.ceil(vector.length / 8) }, (_, byte) => {
    const bits = vector.slice(byte * 8, byte * 8 + 8);
    return bits.reduce((sum, value, bit) => sum + (value > 0 ? 128 >> bit : 0), 0) - offset;
  });
}
