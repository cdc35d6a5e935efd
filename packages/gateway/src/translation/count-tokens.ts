import { estimateTokens } from '../canonical/estimate-tokens.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { findTokenCounting, type TokenCounting } from '../protocols/token-counting.ts';
import { failureOf } from '../relay/attempt.ts';
import type { ChatEndpoint } from '../routing/target.ts';
import { fitRequest } from './fit-request.ts';
import type { OperationTranslation } from './operation-translation.ts';

export interface CountTokensInput {
  /** The caller's body, parsed. */
  readonly body: JsonObject;
  readonly client: ProtocolName;
  /** Where the target can be asked; undefined: it speaks no wire that counts. */
  readonly endpoint: ChatEndpoint | undefined;
  /** Name of the model at the target. */
  readonly model: string | undefined;
  /** Path of the count on the target's origin. */
  readonly placeOf: (path: string) => string;
}

/** The first wire of a target that can count. */
export function countingEndpoint(endpoints: readonly ChatEndpoint[], client: ProtocolName): ChatEndpoint | undefined {
  const counting = endpoints.filter(({ protocol }) => findTokenCounting(protocol) !== undefined);
  return counting.find(({ protocol }) => protocol === client) ?? counting[0];
}

/** Counting over another wire, or by the gateway's own estimate where the target has no words for it. */
export function translateCount(input: CountTokensInput): OperationTranslation {
  const { body, client, endpoint, model } = input;
  const asked = findTokenCounting(client)!;
  const conversation = asked.decodeRequest(body);
  const counting = endpoint && findTokenCounting(endpoint.protocol);
  const path = counting?.pathOf(model);
  if (endpoint === undefined || counting === undefined || path === undefined) {
    return { calls: [], credentialHeaders: [], dropped: [], rewrite: () => told(asked, estimateTokens(conversation)) };
  }
  const { request, dropped } = fitRequest(conversation, findProtocol(client), findProtocol(endpoint.protocol));
  const { credentialHeaders, quirks } = endpoint;
  return {
    credentialHeaders,
    dropped,
    calls: [
      {
        path: input.placeOf(path),
        body: counting.encodeRequest(request, { model, quirks, defaultMaxOutputTokens: 1 }),
      },
    ],
    rewrite(answers) {
      const tokens = counting.decodeCount(answers[0]!);
      return tokens === undefined ? failureOf('malformed', 'the provider counted no tokens') : told(asked, tokens);
    },
  };
}

function told(asked: TokenCounting, tokens: number) {
  return { body: asked.encodeCount(tokens), usage: undefined, responseModel: undefined };
}
