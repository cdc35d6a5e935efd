import type { JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { RequestFields } from '../request-fields.ts';
import { decodeDocuments, documentText } from './documents.ts';
import type { RerankAnswer, RerankAnswerContext, RerankRequest, RerankWire } from './rerank-wire.ts';
import { decodeRerankAnswer, rerankAnswer } from './results.ts';

/** Jina's `POST /v1/rerank`, which vLLM, OpenRouter and others speak. */
export const jinaRerank: RerankWire = {
  name: 'jina',
  client: { decodeRequest, encodeAnswer },
  upstream: {
    path: '/v1/rerank',
    encodeRequest,
    decodeAnswer: decodeRerankAnswer,
    answer: rerankAnswer,
  },
};

function decodeRequest(body: JsonObject): RerankRequest {
  const fields = new RequestFields(body, '');
  return {
    model: fields.string('model'),
    query: fields.requiredString('query'),
    documents: decodeDocuments(fields),
    topN: fields.count('top_n'),
    // Documents come back unless the caller says otherwise.
    returnDocuments: fields.boolean('return_documents') ?? true,
    rankFields: undefined,
    maxChunksPerDocument: undefined,
    maxTokensPerDocument: fields.count('max_doc_length'),
    unknownMembers: fields.unread(),
  };
}

function encodeAnswer({ model, results, usage }: RerankAnswer, context: RerankAnswerContext): Buffer {
  const { request } = context;
  const tokens = usage?.input ?? 0;
  return Buffer.from(
    writeExact({
      model: model ?? context.model,
      object: 'list',
      usage: { total_tokens: tokens, prompt_tokens: tokens },
      results: results.map(({ index, score }) => ({
        index,
        relevance_score: score,
        ...(request.returnDocuments
          ? { document: { text: documentText(request.documents[index] ?? '', request) } }
          : {}),
      })),
    }),
  );
}

/** The documents are at hand here, so they are not asked for. */
function encodeRequest(request: RerankRequest, { model }: { readonly model: string }): Buffer {
  return Buffer.from(
    writeExact({
      model,
      query: request.query,
      documents: request.documents.map((document) => documentText(document, request)),
      top_n: request.topN,
      return_documents: false,
    }),
  );
}
