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
  readonly place: CountingPlace | undefined;
  /** Name of the model at the target. */
  readonly model: string | undefined;
}

/** Where a target counts the tokens of a model. */
export interface CountingPlace {
  readonly endpoint: ChatEndpoint;
  /** Path and query on the target's origin. */
  readonly path: string;
}

/** The place for it in the caller's own wire where the target has that, in the first wire that can count otherwise. */
export function countingPlace(
  endpoints: readonly ChatEndpoint[],
  client: ProtocolName,
  model: string | undefined,
): CountingPlace | undefined {
  let other: CountingPlace | undefined;
  for (const endpoint of endpoints) {
    const { protocol } = endpoint;
    // Wires are offered model by model.
    const answers = endpoint.pathOf({ model, stream: false });
    const path = answers && findTokenCounting(protocol)?.pathBeside(answers);
    if (path === undefined) continue;
    if (protocol === client) return { endpoint, path };
    other ??= { endpoint, path };
  }
  return other;
}

/** Counting over another wire, or by the gateway's own estimate where the target has no words for it. */
export function translateCount(input: CountTokensInput): OperationTranslation {
  const { body, client, model, place } = input;
  const asked = findTokenCounting(client)!;
  const conversation = asked.decodeRequest(body);
  if (place === undefined) {
    return { calls: [], credentialHeaders: [], dropped: [], rewrite: () => told(asked, estimateTokens(conversation)) };
  }
  const { endpoint, path } = place;
  const counting = findTokenCounting(endpoint.protocol)!;
  const { request, dropped } = fitRequest(conversation, findProtocol(client), findProtocol(endpoint.protocol));
  const { credentialHeaders, quirks } = endpoint;
  return {
    credentialHeaders,
    dropped,
    calls: [{ path, body: counting.encodeRequest(request, { model, quirks, defaultMaxOutputTokens: 1 }) }],
    rewrite(answers) {
      const tokens = counting.decodeCount(answers[0]!.body);
      return tokens === undefined ? failureOf('malformed', 'the provider counted no tokens') : told(asked, tokens);
    },
  };
}

function told(asked: TokenCounting, tokens: number) {
  return { body: asked.encodeCount(tokens), usage: undefined, responseModel: undefined };
}
