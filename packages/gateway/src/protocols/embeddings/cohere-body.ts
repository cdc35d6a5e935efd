import type { JsonObject } from '../../canonical/json.ts';
import type { EmbeddingInput, EmbeddingPart, EmbeddingPurpose, EmbeddingRequest } from './embedding-wire.ts';
import { dataUrlOf, refuse } from './inputs.ts';

/** How Cohere's own service and Bedrock differ in the body that they take. */
export interface CohereDialect {
  /** An image among the parts of a mixed input. */
  readonly imageItem: (url: string) => JsonObject;
  readonly words: Readonly<Record<'none' | 'start' | 'end', string>>;
}

/**
 * Everything of a request but its model. Texts and images have members of their own; only what mixes them needs
 * `inputs`, which models before the fourth do not know.
 */
export function encodeCohereBody(request: EmbeddingRequest, { imageItem, words }: CohereDialect): JsonObject {
  const { inputs, truncate } = request;
  return {
    input_type: inputType(request),
    embedding_types: [request.encodingFormat ?? 'float'],
    output_dimension: request.dimensions,
    truncate: truncate === undefined ? undefined : words[truncate],
    ...encodeInputs(inputs, imageItem),
  };
}

/**
 * A picture for a model of the third edition: one a call, and no text beside it. API reference, "Embed API (v2)", and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html
 */
export function isLonePicture({ parts }: EmbeddingInput, model: string): boolean {
  return thirdEdition.test(model) && parts.some(({ type }) => type === 'image');
}

/** `embed-english-v3.0`, `cohere.embed-multilingual-v3`, `embed-english-light-v3.0`. */
const thirdEdition = /\bembed-[a-z-]*v3\b/;

/** Cohere insists on one. Where nobody said what the vectors are for, they are taken to be stored and searched. */
function inputType({ purpose, inputs }: EmbeddingRequest): string {
  if (purpose !== undefined) return types[purpose];
  return inputs.every(({ parts }) => parts.every(({ type }) => type === 'image')) ? 'image' : 'search_document';
}

const types: Readonly<Record<EmbeddingPurpose, string>> = {
  query: 'search_query',
  document: 'search_document',
  classification: 'classification',
  clustering: 'clustering',
  // The only one that treats both sides of a comparison alike.
  similarity: 'clustering',
  'question-answering': 'search_query',
  'fact-verification': 'search_query',
  'code-query': 'search_query',
};

function encodeInputs(inputs: readonly EmbeddingInput[], imageItem: CohereDialect['imageItem']): JsonObject {
  const lone = inputs.map(({ parts }) => (parts.length === 1 ? parts[0] : undefined));
  if (lone.every((part) => part?.type === 'text')) return { texts: lone.map((part) => part.text) };
  if (lone.every((part) => part?.type === 'image')) {
    return { images: lone.map((part, index) => urlOf(part, inputs[index]!)) };
  }
  return {
    inputs: inputs.map((input) => ({
      content: input.parts.map((part) =>
        part.type === 'text' ? { type: 'text', text: part.text } : imageItem(urlOf(part, input)),
      ),
    })),
  };
}

/** Images have to come with the request. */
function urlOf(part: EmbeddingPart, input: EmbeddingInput): string {
  return (part.type === 'image' ? dataUrlOf(part.source) : undefined) ?? refuse(part, input);
}
