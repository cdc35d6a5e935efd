import type { JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { RequestFields } from '../request-fields.ts';
import { decodeDocuments, documentText } from './documents.ts';
import type { RerankAnswer, RerankAnswerContext, RerankRequest, RerankWire } from './rerank-wire.ts';
import { decodeRerankAnswer, rerankAnswer } from './results.ts';

/** Together's `POST /v1/rerank`. */
export const togetherRerank: RerankWire = {
  name: 'together',
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
    returnDocuments: fields.boolean('return_documents') ?? false,
    rankFields: fields.strings('rank_fields'),
    maxChunksPerDocument: undefined,
    maxTokensPerDocument: undefined,
    unknownMembers: fields.unread(),
  };
}

function encodeAnswer({ id, model, results, usage }: RerankAnswer, context: RerankAnswerContext): Buffer {
  const { documents, returnDocuments } = context.request;
  const tokens = usage?.input ?? 0;
  return Buffer.from(
    writeExact({
      object: 'rerank',
      id: id ?? context.id,
      model: model ?? context.model,
      results: results.map(({ index, score }) => ({
        index,
        relevance_score: score,
        // It is there in any case, as the API's description requires.
        document: returnDocuments ? { text: asJsonText(documents[index]) } : {},
      })),
      usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
    }),
  );
}

/** It takes objects, but documents all of one kind. */
function encodeRequest(request: RerankRequest, { model }: { readonly model: string }): Buffer {
  const { documents, query, topN, rankFields } = request;
  const areObjects = documents.every((document) => typeof document === 'object');
  return Buffer.from(
    writeExact({
      model,
      query,
      documents: areObjects ? documents : documents.map((document) => documentText(document, request)),
      top_n: topN,
      return_documents: false,
      rank_fields: areObjects ? rankFields : undefined,
    }),
  );
}

/** An object comes back as its JSON text. */
function asJsonText(document: RerankRequest['documents'][number] | undefined): string {
  return typeof document === 'object' ? writeExact(document) : (document ?? '');
}
