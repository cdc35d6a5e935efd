import { asQuotedCount, asTokens, type JsonObject } from '../canonical/json.ts';
import type { EmbeddingWire } from '../protocols/embeddings/embedding-wire.ts';
import { joinEmbeddings, splitEmbeddings } from '../protocols/embeddings/split-embeddings.ts';
import type { OperationTranslation } from './operation-translation.ts';

export interface EmbeddingsInput {
  /** The caller's body, parsed. */
  readonly body: JsonObject;
  readonly client: EmbeddingWire;
  readonly upstream: EmbeddingWire;
  /** Name of the model at the target. */
  readonly model: string;
  /** The model that the caller asked for. */
  readonly requestedModel: string;
  /** Id of the exchange. */
  readonly id: string;
  readonly credentialHeaders: readonly string[];
  /** Path and query of a call below the target's origin. */
  readonly placeOf: (path: string) => string;
  /** The provider's names for members, by those of OpenAI's wire; undefined: it has no others. */
  readonly members: Readonly<Record<string, string>> | undefined;
  /** What vectors in base64 hold, where it is not OpenAI's numbers. */
  readonly base64Numbers: 'float32' | 'int8';
}

/** Embeddings over another wire. Throws GatewayError `invalid_request` for what it cannot say. */
export function translateEmbeddings(input: EmbeddingsInput): OperationTranslation {
  const { client, credentialHeaders, id, model, requestedModel, upstream, base64Numbers } = input;
  const request = client.client!.decodeRequest(input.body);
  const parts = splitEmbeddings(request, { ...upstream.upstream, model });
  return {
    credentialHeaders,
    dropped: request.unknownMembers,
    calls: parts.map((part) => ({
      path: input.placeOf(upstream.upstream.pathOf({ model, request: part })),
      body: upstream.upstream.encodeRequest(part, { model, members: input.members }),
    })),
    rewrite(answers) {
      const { decodeAnswer, usageHeader } = upstream.upstream;
      const decoded = answers.map(({ body, header }, index) => {
        const inputTokens = usageHeader === undefined ? undefined : asTokens(asQuotedCount(header(usageHeader)));
        return decodeAnswer(body, { count: parts[index]!.inputs.length, base64Numbers, inputTokens });
      });
      const answer = joinEmbeddings(decoded);
      const body = client.client!.encodeAnswer(answer, { id, model: requestedModel, request });
      return { body, usage: answer.usage, responseModel: answer.model };
    },
  };
}
