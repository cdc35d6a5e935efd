import type { ChatRequest } from './canonical/conversation.ts';
import type { Exchange } from './exchange.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import type { Target } from './routing/target.ts';
import { countingPlace } from './translation/count-tokens.ts';
import type { StoredResponses } from './translation/stored-responses.ts';
import { readBody } from './translation/translation.ts';

export interface RecallInput {
  readonly exchange: Exchange;
  readonly target: Target;
  /** Name of the model at the target. */
  readonly upstreamModel: string | undefined;
  readonly storedResponses: StoredResponses;
}

/**
 * The conversation that is to be counted, with what the gateway keeps of it, as an answer would be asked for. Undefined where
 * nothing is kept in its wire, or its target knows what it refers to. Rejects with GatewayError where nobody does.
 */
export function recallCounted(input: RecallInput): Promise<ChatRequest> | undefined {
  const { exchange, storedResponses, target, upstreamModel } = input;
  const { body, facts, principal, protocol } = exchange;
  const { keeping } = findProtocol(protocol).client;
  if (keeping === undefined || body === undefined) return undefined;
  const upstream = countingPlace(target.chat, protocol, upstreamModel)?.endpoint.protocol;
  if (upstream === protocol && !keeping.namesOwnId(body)) return undefined;
  const ask = { keeping, client: protocol, upstream, body, facts, owner: principal.identity };
  return storedResponses(ask).then(({ conversation }) => conversation);
}

/** Whether a body refers to what was said before instead of saying it. */
export function refersToOthers({ body, protocol }: Pick<Exchange, 'body' | 'protocol'>): boolean {
  const { keeping } = findProtocol(protocol).client;
  if (keeping === undefined || body === undefined) return false;
  const { items, previous } = keeping.readReferences(readBody(body));
  return previous !== undefined || items.length > 0;
}
