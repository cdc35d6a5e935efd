import { asObject, asString, asTokens, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { decodeImageUrl } from '../data-url.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { encodeCohereBody, isLonePicture } from './cohere-body.ts';
import { decodeCohereVectors } from './cohere-vectors.ts';
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
  EncodingFormat,
} from './embedding-wire.ts';
import { textInput } from './inputs.ts';
import { encodeVector } from './vectors.ts';

/** Cohere's `POST /v2/embed`. */
export const cohereEmbeddings: EmbeddingWire = {
  name: 'cohere',
  client: { decodeRequest, encodeAnswer },
  upstream: {
    // API reference, "Embed API (v2)": 96 texts, images or inputs a call.
    maxInputs: 96,
    standsAlone: isLonePicture,
    pathOf: () => '/v2/embed',
    encodeRequest,
    decodeAnswer,
    answer: { members: { essential: ['embeddings'], usage: 'meta', model: undefined }, decodeUsage },
    usageHeader: undefined,
  },
};

const purposes: ReadonlyMap<string, EmbeddingPurpose | undefined> = new Map([
  ['search_query', 'query'],
  ['search_document', 'document'],
  ['classification', 'classification'],
  ['clustering', 'clustering'],
  // Says only that the input is an image, which the input says.
  ['image', undefined],
]);

function decodeRequest(body: JsonObject): EmbeddingRequest {
  const fields = new RequestFields(body, '');
  return {
    model: fields.string('model'),
    inputs: decodeInputs(fields),
    isSingle: false,
    dimensions: fields.count('output_dimension'),
    encodingFormat: decodeFormat(fields),
    purpose: decodePurpose(fields),
    truncate: decodeTruncate(fields),
    user: undefined,
    unknownMembers: fields.unread(),
  };
}

function encodeAnswer({ id, vectors, usage }: EmbeddingAnswer, context: EmbeddingAnswerContext): Buffer {
  const { inputs, encodingFormat = 'float' } = context.request;
  const texts = inputs.flatMap(({ parts }) => (parts[0]?.type === 'text' && parts.length === 1 ? [parts[0].text] : []));
  return Buffer.from(
    JSON.stringify({
      id: id ?? context.id,
      embeddings: { [encodingFormat]: vectors.map((vector) => encodeVector(vector, encodingFormat)) },
      ...(texts.length === inputs.length ? { texts } : {}),
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: usage?.input ?? 0 } },
      response_type: 'embeddings_by_type',
    }),
  );
}

function encodeRequest(request: EmbeddingRequest, { model }: EmbeddingRequestContext): Buffer {
  const imageItem = (url: string) => ({ type: 'image_url', image_url: { url } });
  const words = { none: 'NONE', start: 'START', end: 'END' } as const;
  return Buffer.from(writeExact({ model, ...encodeCohereBody(request, { imageItem, words }) }));
}

function decodeAnswer(body: JsonObject, context: EmbeddingDecodeContext): EmbeddingAnswer {
  return {
    id: asString(body['id']),
    model: undefined,
    vectors: decodeCohereVectors(body, context),
    usage: decodeUsage(body['meta']),
  };
}

function decodeUsage(value: unknown): Usage | undefined {
  const meta = asObject(value);
  const counts = asObject(meta?.['tokens']) ?? asObject(meta?.['billed_units']);
  const texts = asTokens(counts?.['input_tokens']);
  const images = asTokens(counts?.['image_tokens']);
  if (images === undefined) return texts === undefined ? undefined : { input: texts, output: 0 };
  // Pictures may have a price of their own.
  return { input: (texts ?? 0) + images, output: 0, imageInput: images };
}

function decodeInputs(fields: RequestFields): readonly EmbeddingInput[] {
  const texts = (fields.strings('texts') ?? []).map((text, index) => textInput(text, `texts[${index}]`));
  const images = (fields.strings('images') ?? []).map((url, index): EmbeddingInput => {
    const path = `images[${index}]`;
    return { parts: [{ type: 'image', source: decodeImageUrl(url, path) }], path };
  });
  const mixed = fields.objects('inputs').map((input): EmbeddingInput => {
    const parts = input.objects('content').map(decodePart);
    if (parts.length === 0) throw invalidField(input.pathOf('content'), 'must hold at least one part');
    return { parts, path: input.path };
  });
  const inputs = [...texts, ...images, ...mixed];
  if (inputs.length === 0) throw invalidField('texts', 'is required, or images or inputs are');
  return inputs;
}

function decodePart(fields: RequestFields): EmbeddingPart {
  const type = fields.requiredString('type');
  if (type === 'text') return { type, text: fields.requiredString('text') };
  if (type !== 'image_url') throw invalidField(fields.pathOf('type'), 'must be text or image_url');
  const value = fields.value('image_url');
  const path = fields.pathOf('image_url');
  const url = typeof value === 'string' ? value : RequestFields.of(value, path).requiredString('url');
  return { type: 'image', source: decodeImageUrl(url, path) };
}

function decodeFormat(fields: RequestFields): EncodingFormat | undefined {
  const types = fields.strings('embedding_types') ?? [];
  const [type] = types;
  if (types.length <= 1 && (type === undefined || type === 'float' || type === 'base64')) return type;
  throw invalidField('embedding_types', "must be float or base64 alone for this model's provider");
}

function decodePurpose(fields: RequestFields): EmbeddingPurpose | undefined {
  const word = fields.string('input_type');
  if (word !== undefined && !purposes.has(word)) {
    throw invalidField('input_type', `must be one of ${[...purposes.keys()].join(', ')}`);
  }
  return word === undefined ? undefined : purposes.get(word);
}

function decodeTruncate(fields: RequestFields): EmbeddingRequest['truncate'] {
  const word = fields.string('truncate')?.toLowerCase();
  if (word === undefined || word === 'none' || word === 'start' || word === 'end') return word;
  throw invalidField('truncate', 'must be NONE, START or END');
}
