import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { ChatAsk, ChatEndpoint, Target } from './target.ts';

/** The wire in which a target is asked: the caller's own where it speaks it, its preferred one otherwise. */
export function chatEndpointOf(target: Target, protocol: ProtocolName, ask: ChatAsk): ChatEndpoint | undefined {
  const { chat } = target;
  let other: ChatEndpoint | undefined;
  for (let index = 0; index < chat.length; index++) {
    const endpoint = chat[index]!;
    if (endpoint.protocol !== protocol && other !== undefined) continue;
    if (endpoint.pathOf(ask) === undefined) continue;
    if (endpoint.protocol === protocol) return endpoint;
    other = endpoint;
  }
  return other;
}
