import type { JsonObject } from '../canonical/json.ts';
import type { RerankWire } from '../protocols/rerank/rerank-wire.ts';
import type { OperationTranslation } from './operation-translation.ts';

export interface RerankInput {
  /** The caller's body, parsed. */
  readonly body: JsonObject;
  readonly client: RerankWire;
  readonly upstream: RerankWire;
  /** Name of the model at the target. */
  readonly model: string;
  /** The model that the caller asked for. */
  readonly requestedModel: string;
  /** Id of the exchange. */
  readonly id: string;
  readonly credentialHeaders: readonly string[];
  /** Path and query on the target's origin. */
  readonly path: string;
}

/** Reranking over another wire. Throws GatewayError `invalid_request` for what it cannot say. */
export function translateRerank(input: RerankInput): OperationTranslation {
  const { client, credentialHeaders, id, model, path, requestedModel, upstream } = input;
  const request = client.client.decodeRequest(input.body);
  return {
    credentialHeaders,
    dropped: request.unknownMembers,
    calls: [{ path, body: upstream.upstream.encodeRequest(request, { model }) }],
    rewrite(answers) {
      const read = upstream.upstream.decodeAnswer(answers[0]!.body, request);
      // Some servers give all of them, however many are wanted.
      const results = read.results.slice(0, request.topN);
      const answer = { id: read.id, model: read.model, results, usage: read.usage };
      const body = client.client.encodeAnswer(answer, { id, model: requestedModel, request });
      return { body, usage: answer.usage, responseModel: answer.model };
    },
  };
}
