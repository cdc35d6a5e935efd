import type { MediaSource } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { OperationAnswer } from '../operation-answers.ts';

/** The wire formats of embeddings that are spoken here. */
export type EmbeddingWireName = 'openai' | 'gemini' | 'cohere' | 'bedrock-titan' | 'bedrock-cohere';

/** A wire format of embeddings. All of it is pure and synchronous. */
export interface EmbeddingWire {
  readonly name: EmbeddingWireName;
  /** Undefined: nobody asks the gateway in it. */
  readonly client: EmbeddingClientSide | undefined;
  readonly upstream: EmbeddingUpstreamSide;
}

export interface EmbeddingClientSide {
  /** Throws GatewayError `invalid_request` whose `param` names the field, for what cannot be understood. */
  decodeRequest(body: JsonObject): EmbeddingRequest;
  encodeAnswer(answer: EmbeddingAnswer, context: EmbeddingAnswerContext): Buffer;
}

export interface EmbeddingUpstreamSide {
  /** Most inputs of one call; a request with more becomes several calls (`splitEmbeddings`, `joinEmbeddings`). */
  readonly maxInputs: number;
  /** Whether an input needs a call of its own; left out: none does. */
  readonly standsAlone?: (input: EmbeddingInput, model: string) => boolean;
  /** Path below the root of the API, as the wire's inventor has it. `model` is as it is to stand there, unencoded. */
  pathOf(ask: { readonly model: string; readonly request: EmbeddingRequest }): string;
  /**
   * Throws GatewayError `invalid_request` for what it has no words for. What only tunes an answer (a purpose, an end
   * user) is left out where the wire has no word for it; what decides it (dimensions, images) is not.
   */
  encodeRequest(request: EmbeddingRequest, context: EmbeddingRequestContext): Buffer;
  /** Throws GatewayError `upstream_malformed` when the body does not have a vector for each input. */
  decodeAnswer(body: JsonObject, context: EmbeddingDecodeContext): EmbeddingAnswer;
  /** Undefined: no caller speaks the wire, and what it answers is always written anew. */
  readonly answer: OperationAnswer | undefined;
  /** Header that has the number of input tokens where the body has none. */
  readonly usageHeader: string | undefined;
}

/** Texts and images whose vectors a caller wants. */
export interface EmbeddingRequest {
  /** The model that the body names. */
  readonly model: string | undefined;
  /** One for each vector. */
  readonly inputs: readonly EmbeddingInput[];
  /** The caller gave one input and no list of them. */
  readonly isSingle: boolean;
  /** Length of the vectors; undefined leaves it to the model. */
  readonly dimensions: number | undefined;
  /** How the caller wants the vectors; undefined is `float`. */
  readonly encodingFormat: EncodingFormat | undefined;
  readonly purpose: EmbeddingPurpose | undefined;
  /** Which end of an input that is too long goes; `none`: it is an error. */
  readonly truncate: 'none' | 'start' | 'end' | undefined;
  /** The end user on whose behalf the caller asks. */
  readonly user: string | undefined;
  /** Members of the body that the vocabulary has no word for. */
  readonly unknownMembers: readonly string[];
}

/** `base64`: the vector's numbers as float32, the least byte first. */
export type EncodingFormat = 'float' | 'base64';

/** What the vectors are for. */
export type EmbeddingPurpose =
  | 'query'
  | 'document'
  | 'similarity'
  | 'classification'
  | 'clustering'
  | 'question-answering'
  | 'fact-verification'
  | 'code-query';

/** What becomes one vector. */
export interface EmbeddingInput {
  readonly parts: readonly EmbeddingPart[];
  /** Title of a document. */
  readonly title?: string;
  /** Where it stands in the caller's body, for messages. */
  readonly path: string;
}

export type EmbeddingPart =
  | { readonly type: 'text'; readonly text: string }
  /** A text as the model's own token numbers. */
  | { readonly type: 'tokens'; readonly tokens: readonly number[] }
  | { readonly type: 'image'; readonly source: MediaSource };

export interface EmbeddingAnswer {
  readonly id: string | undefined;
  /** The model's name as the upstream gives it. */
  readonly model: string | undefined;
  /** In the order of the inputs. */
  readonly vectors: readonly ArrayLike<number>[];
  readonly usage: Usage | undefined;
}

export interface EmbeddingAnswerContext {
  /** Id of the exchange, for answers whose upstream gave none. */
  readonly id: string;
  /** The model that the caller asked for, or the one that was sent. */
  readonly model: string;
  /** The request that is answered. */
  readonly request: EmbeddingRequest;
}

export interface EmbeddingRequestContext {
  /** Name of the model at the target. */
  readonly model: string;
  /** The provider's names for members, by those of OpenAI's wire; left out: it has no others. */
  readonly members?: Readonly<Record<string, string>> | undefined;
}

export interface EmbeddingDecodeContext {
  /** Vectors that were asked for in this call. */
  readonly count: number;
  /** What vectors in base64 hold: OpenAI's `float32` unless said otherwise; Perplexity's hold `int8`. */
  readonly base64Numbers?: 'float32' | 'int8';
  /** Input tokens as `usageHeader` tells them; left out: nothing does. */
  readonly inputTokens?: number | undefined;
}
