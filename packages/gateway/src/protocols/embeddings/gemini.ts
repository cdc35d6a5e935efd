import { asObject, asTokens, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { methodPath, modelResource } from '../gemini/model-path.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import type {
  EmbeddingAnswer,
  EmbeddingAnswerContext,
  EmbeddingDecodeContext,
  EmbeddingInput,
  EmbeddingPart,
  EmbeddingPurpose,
  EmbeddingRequest,
  EmbeddingRequestContext,
  EmbeddingWire,
} from './embedding-wire.ts';
import { refuse } from './inputs.ts';
import { checkVectors, decodeVector, encodeVector } from './vectors.ts';

/** Gemini's `:embedContent` and `:batchEmbedContents`; the path names the model. */
export const geminiEmbeddings: EmbeddingWire = {
  name: 'gemini',
  client: { decodeRequest, encodeAnswer },
  upstream: {
    // "at most 100 requests can be in one batch", as the service says to more.
    maxInputs: 100,
    pathOf: ({ model, request }) => methodPath(model, isSingle(request) ? 'embedContent' : 'batchEmbedContents'),
    encodeRequest,
    decodeAnswer,
    answer: {
      members: { essential: ['embedding', 'embeddings'], usage: 'usageMetadata', model: undefined },
      decodeUsage,
    },
    usageHeader: undefined,
  },
};

const purposes: readonly (readonly [string, EmbeddingPurpose])[] = [
  ['RETRIEVAL_QUERY', 'query'],
  ['RETRIEVAL_DOCUMENT', 'document'],
  ['SEMANTIC_SIMILARITY', 'similarity'],
  ['CLASSIFICATION', 'classification'],
  ['CLUSTERING', 'clustering'],
  ['QUESTION_ANSWERING', 'question-answering'],
  ['FACT_VERIFICATION', 'fact-verification'],
  ['CODE_RETRIEVAL_QUERY', 'code-query'],
];

/** One item of a batch, or the whole of a single request. */
interface Item {
  readonly input: EmbeddingInput;
  readonly model: string | undefined;
  readonly purpose: EmbeddingPurpose | undefined;
  readonly dimensions: number | undefined;
  readonly path: string;
}

function decodeRequest(body: JsonObject): EmbeddingRequest {
  const fields = new RequestFields(body, '');
  const isBatch = fields.has('requests');
  const items = isBatch ? fields.objects('requests').map(decodeItem) : [decodeItem(fields)];
  const first = items[0];
  if (!first) throw invalidField('requests', 'must hold at least one request');
  const odd = items.find((item) => item.purpose !== first.purpose || item.dimensions !== first.dimensions);
  if (odd) throw invalidField(odd.path, 'must have the taskType and outputDimensionality of the first');
  return {
    model: first.model,
    inputs: items.map(({ input }) => input),
    isSingle: !isBatch,
    dimensions: first.dimensions,
    encodingFormat: undefined,
    purpose: first.purpose,
    truncate: undefined,
    user: undefined,
    unknownMembers: fields.unread().filter((member) => member !== 'model'),
  };
}

/** Names are read in both of protobuf's forms; newer clients put the options in `embedContentConfig`. */
function decodeItem(fields: RequestFields): Item {
  const config = fields.object('embedContentConfig') ?? fields.object('embed_content_config') ?? fields;
  const title = config.string('title');
  const dimensions = config.count('outputDimensionality') ?? config.count('output_dimensionality');
  const content = fields.object('content');
  if (!content) throw invalidField(fields.pathOf('content'), 'is required');
  // Embeddings have one speaker.
  content.value('role');
  const parts = content.objects('parts').map(decodePart);
  if (parts.length === 0) throw invalidField(content.pathOf('parts'), 'must hold at least one part');
  return {
    input: { parts, ...(title === undefined ? {} : { title }), path: content.path },
    model: fields.string('model')?.replace(/^models\//, ''),
    purpose: decodePurpose(config),
    dimensions: dimensions === 0 ? undefined : dimensions,
    path: fields.path,
  };
}

function decodePurpose(fields: RequestFields): EmbeddingPurpose | undefined {
  const word = fields.string('taskType') ?? fields.string('task_type');
  if (word === undefined || word === 'TASK_TYPE_UNSPECIFIED') return undefined;
  const purpose = purposes.find(([name]) => name === word)?.[1];
  if (purpose === undefined) throw invalidField(fields.pathOf('taskType'), `cannot be ${JSON.stringify(word)}`);
  return purpose;
}

function decodePart(fields: RequestFields): EmbeddingPart {
  const text = fields.string('text');
  if (text !== undefined) return { type: 'text', text };
  const blob = fields.object('inlineData') ?? fields.object('inline_data');
  const mediaType = blob?.string('mimeType') ?? blob?.string('mime_type');
  if (blob && mediaType?.startsWith('image/')) {
    return { type: 'image', source: { kind: 'data', mediaType, data: blob.requiredString('data') } };
  }
  throw invalidField(fields.path, 'must be a text or an image');
}

function encodeAnswer({ vectors, usage }: EmbeddingAnswer, { request }: EmbeddingAnswerContext): Buffer {
  const embeddings = vectors.map((vector) => ({ values: encodeVector(vector, 'float') }));
  const usageMetadata = usage === undefined ? {} : { usageMetadata: { promptTokenCount: usage.input } };
  const content = request.isSingle ? { embedding: embeddings[0] } : { embeddings };
  return Buffer.from(JSON.stringify({ ...content, ...usageMetadata }));
}

function encodeRequest(request: EmbeddingRequest, { model }: EmbeddingRequestContext): Buffer {
  const items = request.inputs.map((input) => encodeItem(input, request));
  if (isSingle(request)) return Buffer.from(writeExact(items[0]));
  const resource = modelResource(model);
  return Buffer.from(writeExact({ requests: items.map((item) => ({ model: resource, ...item })) }));
}

function encodeItem(input: EmbeddingInput, { purpose, dimensions }: EmbeddingRequest): JsonObject {
  return {
    content: { role: 'user', parts: input.parts.map((part) => encodePart(part, input)) },
    taskType: purposes.find(([, name]) => name === purpose)?.[0],
    title: input.title,
    outputDimensionality: dimensions,
  };
}

function encodePart(part: EmbeddingPart, input: EmbeddingInput): JsonObject {
  if (part.type === 'text') return { text: part.text };
  if (part.type === 'image' && part.source.kind === 'data') {
    return { inlineData: { mimeType: part.source.mediaType, data: part.source.data } };
  }
  return refuse(part, input);
}

function decodeAnswer(body: JsonObject, context: EmbeddingDecodeContext): EmbeddingAnswer {
  const single = asObject(body['embedding']);
  const items = single ? [single] : objectsIn(body['embeddings']);
  const vectors = items.map((item) => decodeVector(item['values'], context));
  return {
    id: undefined,
    model: undefined,
    vectors: checkVectors(vectors, context),
    usage: decodeUsage(body['usageMetadata']),
  };
}

/** Only newer models report it. */
function decodeUsage(value: unknown): Usage | undefined {
  const input = asTokens(asObject(value)?.['promptTokenCount']);
  return input === undefined ? undefined : { input, output: 0 };
}

function isSingle({ isSingle, inputs }: EmbeddingRequest): boolean {
  return isSingle && inputs.length === 1;
}
