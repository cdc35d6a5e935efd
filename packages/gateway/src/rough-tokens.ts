import { tokensOfBytes } from './canonical/estimate-tokens.ts';
import { isObject } from './canonical/json.ts';
import type { Operation } from './canonical/operation.ts';
import type { Usage } from './canonical/usage.ts';
import type { Exchange } from './exchange.ts';
import { searchesAmong } from './protocols/rerank/search-units.ts';

/** Pictures that one request gets at most. */
export const MOST_PICTURES = 10;
/** Tokens of a picture at its best and largest: https://developers.openai.com/api/docs/guides/image-generation */
export const PICTURE_TOKENS = 6_240;
/** Tokens of an answer that nobody limited and of which nothing is known. */
export const USUAL_OUTPUT = 500;

/**
 * How operations are charged: by both ways; by what they read; not at all; everything else (pictures, sound, forwarded
 * paths) in ways that are not known here.
 */
export type Charging = 'both' | 'input' | 'nothing' | 'unknown';

const charging: Readonly<Record<Operation, Charging>> = {
  chat: 'both',
  completions: 'both',
  responses: 'both',
  embeddings: 'input',
  moderation: 'input',
  rerank: 'input',
  count_tokens: 'nothing',
  images: 'unknown',
  speech: 'unknown',
  transcription: 'unknown',
  proxy: 'unknown',
};

export function chargingOf(operation: Operation): Charging {
  return charging[operation];
}

/**
 * What forwarded paths ask for, and of which model, nobody reads, nor what streams of pictures say of their use, and no
 * provider says what it charges for sound that it makes: the length of what is sent says little of what they cost.
 */
export function isNeverTold({ facts, operation }: Pick<Exchange, 'facts' | 'operation'>): boolean {
  return operation === 'proxy' || operation === 'speech' || (operation === 'images' && facts.stream);
}

/** Tokens of a request by the length of its body: for choosing and reserving, where nobody counts. */
export function roughInputTokens({ body }: Pick<Exchange, 'body'>): number {
  return tokensOfBytes(body?.length ?? 0);
}

/**
 * Of operations that make no tokens. Reranking is charged by them or by searches, each of a hundred documents at most, of which a
 * long one counts as several: https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-pricing.html,
 * https://docs.cohere.com/docs/models ("will automatically chunk documents longer than 510 tokens")
 */
export function roughInputUsage(exchange: Pick<Exchange, 'body' | 'operation'>, body: unknown): Usage {
  const input = roughInputTokens(exchange);
  if (exchange.operation !== 'rerank') return { input, output: 0 };
  const documents = isObject(body) && Array.isArray(body['documents']) ? body['documents'].length : 1;
  const chunks = documents + Math.floor(input / CHUNK_TOKENS);
  return { input, output: 0, searchUnits: searchesAmong(chunks) };
}

const CHUNK_TOKENS = 510;

/**
 * What an exchange is expected to use before it is answered: no more than what is set aside for it. Undefined where nobody
 * can tell.
 */
export function roughUsage(exchange: Pick<Exchange, 'body' | 'facts' | 'operation' | 'parsedBody'>): Usage | undefined {
  switch (charging[exchange.operation]) {
    case 'both': {
      const limit = outputLimitOf(exchange.parsedBody?.outline);
      const answers = Math.max(1, exchange.facts.choices);
      const output = Math.min(MOST_OUTPUT, Math.min(USUAL_OUTPUT, limit ?? USUAL_OUTPUT) * answers);
      return { input: roughInputTokens(exchange), output };
    }
    case 'input':
      return roughInputUsage(exchange, exchange.parsedBody?.outline);
    case 'nothing':
      return { input: 0, output: 0 };
    case 'unknown':
      return undefined;
  }
}

/** Tokens that no request gets, whatever its caller allows: costs of more would not add up exactly. */
export const MOST_OUTPUT = 1_000_000_000;

/**
 * Tokens that the caller lets an answer have; undefined where the request names none. Of several limits it is the largest:
 * which of them an upstream goes by is its own affair.
 */
export function outputLimitOf(body: unknown): number | undefined {
  if (!isObject(body)) return undefined;
  let largest: number | undefined;
  // A body has few members, fewer than there are names.
  for (const name in body) {
    switch (name) {
      case 'max_tokens':
      case 'max_completion_tokens':
      case 'max_output_tokens':
      case 'maxOutputTokens':
      case 'maxTokens':
        largest = larger(largest, asLimit(body[name]));
        break;
      // Members within which some wires have it.
      case 'generationConfig':
      case 'generation_config':
      case 'inferenceConfig':
        largest = larger(largest, outputLimitOf(body[name]));
    }
  }
  return largest;
}

/**
 * Any number that is not negative: one that is too large to be exact is a limit all the same, and so is one in quotes, which
 * Google's servers read too.
 */
function asLimit(value: unknown): number | undefined {
  const limit = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof limit === 'number' && limit >= 0 ? Math.min(Math.ceil(limit), MOST_OUTPUT) : undefined;
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}
