import type { JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { OperationAnswer } from '../operation-answers.ts';

/** The wire formats of reranking that are spoken here. */
export type RerankWireName = 'cohere' | 'jina' | 'together';

/** A wire format of reranking. All of it is pure and synchronous. */
export interface RerankWire {
  readonly name: RerankWireName;
  readonly client: RerankClientSide;
  readonly upstream: RerankUpstreamSide;
}

export interface RerankClientSide {
  /** Throws GatewayError `invalid_request` whose `param` names the field, for what cannot be understood. */
  decodeRequest(body: JsonObject): RerankRequest;
  encodeAnswer(answer: RerankAnswer, context: RerankAnswerContext): Buffer;
}

export interface RerankUpstreamSide {
  /** Path below the root of the API, as the wire's inventor has it. */
  readonly path: string;
  /** What the wire has no word for is done here or left out: it only tunes the answer. */
  encodeRequest(request: RerankRequest, context: { readonly model: string }): Buffer;
  /** Throws GatewayError `upstream_malformed` when the body has no results, or one for no document. */
  decodeAnswer(body: JsonObject, request: RerankRequest): RerankAnswer;
  readonly answer: OperationAnswer;
}

/** Documents that a caller wants in the order in which they answer a question. */
export interface RerankRequest {
  readonly model: string | undefined;
  readonly query: string;
  /** At least one. */
  readonly documents: readonly RerankDocument[];
  /** Best results wanted; undefined means all. */
  readonly topN: number | undefined;
  /** Whether the documents are to come back with their scores. */
  readonly returnDocuments: boolean;
  /** Members of documents that are objects to look at, in this order. */
  readonly rankFields: readonly string[] | undefined;
  readonly maxChunksPerDocument: number | undefined;
  readonly maxTokensPerDocument: number | undefined;
  /** Members of the body that the vocabulary has no word for. */
  readonly unknownMembers: readonly string[];
}

export type RerankDocument = string | JsonObject;

export interface RerankAnswer {
  readonly id: string | undefined;
  /** The model's name as the upstream gives it. */
  readonly model: string | undefined;
  /** Best first. */
  readonly results: readonly RerankResult[];
  readonly usage: Usage | undefined;
}

export interface RerankResult {
  /** Place of the document in the request. */
  readonly index: number;
  readonly score: number;
}

export interface RerankAnswerContext {
  /** Id of the exchange, for answers whose upstream gave none. */
  readonly id: string;
  /** The model that the caller asked for, or the one that was sent. */
  readonly model: string;
  /** The request that is answered. */
  readonly request: RerankRequest;
}
