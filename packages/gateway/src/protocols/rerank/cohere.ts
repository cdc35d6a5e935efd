import type { JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { RequestFields } from '../request-fields.ts';
import { decodeDocuments, documentText } from './documents.ts';
import type { RerankAnswer, RerankAnswerContext, RerankRequest, RerankWire } from './rerank-wire.ts';
import { decodeMetaUsage, decodeRerankAnswer } from './results.ts';
import { searchesAmong } from './search-units.ts';

/** Cohere's `POST /v2/rerank`. Clients of the first edition (`/v1/rerank`) are understood as well. */
export const cohereRerank: RerankWire = {
  name: 'cohere',
  client: { decodeRequest, encodeAnswer },
  upstream: {
    path: '/v2/rerank',
    encodeRequest,
    decodeAnswer: decodeRerankAnswer,
    answer: {
      members: { essential: ['results'], usage: 'meta', model: undefined },
      decodeUsage: decodeMetaUsage,
    },
  },
};

function decodeRequest(body: JsonObject): RerankRequest {
  const fields = new RequestFields(body, '');
  return {
    model: fields.string('model'),
    query: fields.requiredString('query'),
    documents: decodeDocuments(fields),
    topN: fields.count('top_n'),
    returnDocuments: fields.boolean('return_documents') ?? false,
    rankFields: fields.strings('rank_fields'),
    maxChunksPerDocument: fields.count('max_chunks_per_doc'),
    maxTokensPerDocument: fields.count('max_tokens_per_doc'),
    unknownMembers: fields.unread(),
  };
}

function encodeAnswer({ id, results, usage }: RerankAnswer, { id: idIfNone, request }: RerankAnswerContext): Buffer {
  const { documents, returnDocuments } = request;
  return Buffer.from(
    writeExact({
      id: id ?? idIfNone,
      results: results.map(({ index, score }) => ({
        index,
        relevance_score: score,
        ...(returnDocuments ? { document: asObjectDocument(documents[index]) } : {}),
      })),
      meta: {
        api_version: { version: '2' },
        billed_units: { search_units: usage?.searchUnits ?? searchesAmong(documents.length) },
      },
    }),
  );
}

/** The second edition takes texts only and gives no documents back: both are done here. */
function encodeRequest(request: RerankRequest, { model }: { readonly model: string }): Buffer {
  return Buffer.from(
    writeExact({
      model,
      query: request.query,
      documents: request.documents.map((document) => documentText(document, request)),
      top_n: request.topN,
      max_tokens_per_doc: request.maxTokensPerDocument,
    }),
  );
}

function asObjectDocument(document: RerankRequest['documents'][number] | undefined): JsonObject {
  return typeof document === 'object' ? document : { text: document ?? '' };
}
