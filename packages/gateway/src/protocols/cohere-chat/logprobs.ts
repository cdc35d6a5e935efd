import { isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';

/**
 * Cohere gives the log probabilities of a piece of text, one number for each of its tokens, and no alternatives. The
 * vocabulary has OpenAI's form, a number for each piece: the sum, which is that of the piece.
 */
export function decodeLogprobs(items: unknown): { readonly content: readonly unknown[] } | undefined {
  const content = objectsIn(Array.isArray(items) ? items : [items]).map(decodeItem);
  return content.length > 0 ? { content } : undefined;
}

/** Cohere's items for log probabilities of the vocabulary. */
export function encodeLogprobs(logprobs: unknown): readonly JsonObject[] {
  const content = isObject(logprobs) ? logprobs['content'] : undefined;
  return objectsIn(content).map(({ token, logprob }) => ({
    text: typeof token === 'string' ? token : '',
    token_ids: [],
    logprobs: toNumber(logprob) === undefined ? [] : [logprob],
  }));
}

function decodeItem({ text, logprobs }: JsonObject): JsonObject {
  const numbers: readonly unknown[] = Array.isArray(logprobs) ? logprobs : [];
  const token = typeof text === 'string' ? text : '';
  return {
    token,
    // One number stays as it was written.
    logprob: numbers.length === 1 ? numbers[0] : numbers.reduce((sum: number, one) => sum + (toNumber(one) ?? 0), 0),
    bytes: [...Buffer.from(token)],
    top_logprobs: [],
  };
}
