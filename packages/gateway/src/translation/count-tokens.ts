import type { ChatRequest } from '../canonical/conversation.ts';
import { estimateTokens } from '../canonical/estimate-tokens.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { findTokenCounting, type TokenCounting } from '../protocols/token-counting.ts';
import { failureOf } from '../relay/attempt.ts';
import type { ChatEndpoint } from '../routing/target.ts';
import { essentialMember, fitRequest } from './fit-request.ts';
import type { OperationTranslation } from './operation-translation.ts';
import { withOwnMembers } from './own-members.ts';
import { fitToolNames } from './tool-names.ts';

export interface CountTokensInput {
  readonly conversation: ChatRequest;
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
  const { client, conversation, model, place } = input;
  const asked = findTokenCounting(client)!;
  if (place === undefined) {
    // Where a wire's providers keep conversations, it is a part of one. A guardrail of another wire counts for nothing.
    const essential = findProtocol(client).client.keeping && essentialMember(conversation);
    if (essential !== undefined) throw uncounted(essential);
    return { calls: [], credentialHeaders: [], dropped: [], rewrite: () => told(asked, estimateTokens(conversation)) };
  }
  const { endpoint, path } = place;
  const counting = findTokenCounting(endpoint.protocol)!;
  const upstream = findProtocol(endpoint.protocol);
  const { request, dropped } = fitRequest(conversation, findProtocol(client), upstream);
  const names = client === endpoint.protocol ? undefined : fitToolNames(request, upstream.upstream.toolNames);
  const sent = names ? names.inRequest(request) : request;
  const { credentialHeaders, quirks } = endpoint;
  const encoded = counting.encodeRequest(sent, { model, quirks, defaultMaxOutputTokens: 1 });
  const { ownMembers } = sent;
  const isOwn = ownMembers !== undefined && endpoint.protocol === client;
  return {
    credentialHeaders,
    dropped,
    calls: [{ path, body: isOwn ? withOwnMembers(encoded, ownMembers) : encoded }],
    rewrite(answers) {
      const tokens = counting.decodeCount(answers[0]!.body);
      return tokens === undefined ? failureOf('malformed', 'the provider counted no tokens') : told(asked, tokens);
    },
  };
}

function uncounted(field: string): GatewayError {
  const message = `${field} cannot be counted: the target for this model counts no tokens, and what it stands for cannot be estimated. Leave it out, or use another model.`;
  return new GatewayError('invalid_request', message, { param: field });
}

function told(asked: TokenCounting, tokens: number) {
  return { body: asked.encodeCount(tokens), usage: undefined, responseModel: undefined };
}
