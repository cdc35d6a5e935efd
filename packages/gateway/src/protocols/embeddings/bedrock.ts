import { asString, asTokens, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { pathSegment } from '../path-segment.ts';
import { encodeCohereBody, isLonePicture } from './cohere-body.ts';
import { decodeCohereVectors } from './cohere-vectors.ts';
import type {
  EmbeddingAnswer,
  EmbeddingDecodeContext,
  EmbeddingRequest,
  EmbeddingRequestContext,
  EmbeddingWire,
} from './embedding-wire.ts';
import { onlyText } from './inputs.ts';
import { checkVectors, decodeVector } from './vectors.ts';

/** InvokeModel of `amazon.titan-embed-text-v2:0`: one text a call. */
export const bedrockTitanEmbeddings: EmbeddingWire = {
  name: 'bedrock-titan',
  client: undefined,
  upstream: {
    maxInputs: 1,
    pathOf: invokePath,
    encodeRequest: encodeTitanRequest,
    decodeAnswer: decodeTitanAnswer,
    answer: undefined,
    usageHeader: 'x-amzn-bedrock-input-token-count',
  },
};

/** InvokeModel of `cohere.embed-*`: Cohere's body without the model. */
export const bedrockCohereEmbeddings: EmbeddingWire = {
  name: 'bedrock-cohere',
  client: undefined,
  upstream: {
    maxInputs: 96,
    standsAlone: isLonePicture,
    pathOf: invokePath,
    encodeRequest: encodeCohereRequest,
    decodeAnswer: (body, context) => ({
      id: asString(body['id']),
      model: undefined,
      vectors: decodeCohereVectors(body, context),
      usage: usageOf(context.inputTokens),
    }),
    answer: undefined,
    usageHeader: 'x-amzn-bedrock-input-token-count',
  },
};

function invokePath({ model }: { readonly model: string }): string {
  return `/model/${pathSegment(model)}/invoke`;
}

function encodeTitanRequest({ inputs, dimensions }: EmbeddingRequest): Buffer {
  return Buffer.from(writeExact({ inputText: onlyText(inputs[0]!), dimensions }));
}

function decodeTitanAnswer(body: JsonObject, context: EmbeddingDecodeContext): EmbeddingAnswer {
  return {
    id: undefined,
    model: undefined,
    vectors: checkVectors([decodeVector(body['embedding'], context)], context),
    usage: usageOf(asTokens(body['inputTextTokenCount']) ?? context.inputTokens),
  };
}

function usageOf(input: number | undefined): Usage | undefined {
  return input === undefined ? undefined : { input, output: 0 };
}

/** Bedrock has no base64, and other words in the fourth model (user guide, "Cohere Embed v4"). */
function encodeCohereRequest(request: EmbeddingRequest, { model }: EmbeddingRequestContext): Buffer {
  const isFourth = model.includes('embed-v4');
  const words = isFourth
    ? ({ none: 'NONE', start: 'LEFT', end: 'RIGHT' } as const)
    : ({ none: 'NONE', start: 'START', end: 'END' } as const);
  const imageItem = (url: string) => ({ type: 'image_url', image_url: url });
  return Buffer.from(writeExact(encodeCohereBody({ ...request, encodingFormat: 'float' }, { imageItem, words })));
}
