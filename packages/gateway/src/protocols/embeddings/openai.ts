import { asCount, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { toNumber, writeExact } from '../../framing/exact-json.ts';
import { decodeInputUsage, decodePassedUsage } from '../input-usage.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import type {
  EmbeddingAnswer,
  EmbeddingAnswerContext,
  EmbeddingDecodeContext,
  EmbeddingInput,
  EmbeddingRequest,
  EmbeddingRequestContext,
  EmbeddingWire,
  EncodingFormat,
} from './embedding-wire.ts';
import { onlyText, textInput } from './inputs.ts';
import { checkVectors, decodeVector, encodeVector } from './vectors.ts';

/** OpenAI's `POST /v1/embeddings`, which most providers speak. */
export const openaiEmbeddings: EmbeddingWire = {
  name: 'openai',
  client: { decodeRequest, encodeAnswer },
  upstream: {
    // API reference, "Create embeddings": an array holds at most 2048.
    maxInputs: 2048,
    pathOf: () => '/v1/embeddings',
    encodeRequest,
    decodeAnswer,
    answer: {
      members: { essential: ['data'], usage: 'usage', model: 'model', tier: { name: 'service_tier', read: asString } },
      decodeUsage: decodePassedUsage,
    },
    usageHeader: undefined,
  },
};

function decodeRequest(body: JsonObject): EmbeddingRequest {
  const fields = new RequestFields(body, '');
  const input = fields.value('input');
  return {
    model: fields.string('model'),
    inputs: decodeInputs(input),
    isSingle: !Array.isArray(input) || isTokens(input),
    dimensions: decodeDimensions(fields),
    encodingFormat: decodeFormat(fields),
    purpose: undefined,
    truncate: undefined,
    user: fields.string('user'),
    unknownMembers: fields.unread(),
  };
}

function encodeAnswer({ vectors, usage, model }: EmbeddingAnswer, context: EmbeddingAnswerContext): Buffer {
  const tokens = usage?.input ?? 0;
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: encodeVector(vector, context.request.encodingFormat),
  }));
  return Buffer.from(
    JSON.stringify({
      object: 'list',
      data,
      model: model ?? context.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    }),
  );
}

function encodeRequest(request: EmbeddingRequest, { members, model }: EmbeddingRequestContext): Buffer {
  const inputs = request.inputs.map(encodeInput);
  const body: JsonObject = {
    model,
    input: request.isSingle && inputs.length === 1 ? inputs[0] : inputs,
    encoding_format: request.encodingFormat,
    dimensions: request.dimensions,
    user: request.user,
  };
  return Buffer.from(writeExact(members === undefined ? body : renamed(body, members)));
}

function renamed(body: JsonObject, members: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [members[name] ?? name, value]));
}

function decodeAnswer(body: JsonObject, context: EmbeddingDecodeContext): EmbeddingAnswer {
  const items = [...objectsIn(body['data'])].sort((left, right) => indexOf(left) - indexOf(right));
  const vectors = items.map((item) => decodeVector(item['embedding'], context));
  return {
    id: asString(body['id']),
    model: asString(body['model']),
    vectors: checkVectors(vectors, context),
    usage: decodeInputUsage(body['usage']),
  };
}

function indexOf(item: JsonObject): number {
  return toNumber(item['index']) ?? 0;
}

function decodeInputs(input: unknown): readonly EmbeddingInput[] {
  if (typeof input === 'string') return [textInput(input, 'input')];
  if (isTokens(input)) return [tokenInput(input, 'input')];
  if (!Array.isArray(input) || input.length === 0) {
    throw invalidField(
      'input',
      input === undefined ? 'is required' : 'must be a string, token numbers, or an array of these',
    );
  }
  return input.map((item: unknown, index) => {
    const path = `input[${index}]`;
    if (typeof item === 'string') return textInput(item, path);
    if (isTokens(item)) return tokenInput(item, path);
    throw invalidField(path, 'must be a string or an array of token numbers');
  });
}

function tokenInput(tokens: readonly number[], path: string): EmbeddingInput {
  return { parts: [{ type: 'tokens', tokens }], path };
}

function isTokens(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => asCount(item) !== undefined);
}

function encodeInput(input: EmbeddingInput): string | readonly number[] {
  const only = input.parts.length === 1 ? input.parts[0] : undefined;
  return only?.type === 'tokens' ? only.tokens : onlyText(input);
}

function decodeFormat(fields: RequestFields): EncodingFormat | undefined {
  const format = fields.string('encoding_format');
  if (format === undefined || format === 'float' || format === 'base64') return format;
  throw invalidField('encoding_format', 'must be float or base64');
}

function decodeDimensions(fields: RequestFields): number | undefined {
  const dimensions = fields.count('dimensions');
  if (dimensions === 0) throw invalidField('dimensions', 'must be at least 1');
  return dimensions;
}
