import { findProtocol } from '../protocols/find-protocol.ts';
import type { ChatEndpoint } from '../routing/target.ts';
import { compatibleChat } from './compatible-chat.ts';
import type { Authorization, ChatWire, Layout, ProviderDefinition } from './define-provider.ts';

interface ChatEndpointsInput {
  readonly definition: ProviderDefinition;
  readonly layout: Layout;
  readonly authorization: Authorization;
  /** Wires that the operator named for this target; undefined: what the provider is known to speak. */
  readonly protocols: readonly ChatEndpoint['protocol'][] | undefined;
}

const openaiWires: readonly ChatWire[] = [compatibleChat, { protocol: 'openai-responses' }];

/** The wires in which a target is asked for chats, each with its path and its credential. */
export function chatEndpoints(input: ChatEndpointsInput): ChatEndpoint[] {
  const known = input.definition.chat ?? openaiWires;
  const named = input.protocols?.map((protocol) => known.find((wire) => wire.protocol === protocol) ?? { protocol });
  return (named ?? known).map((wire) => endpointOf(wire, input));
}

function endpointOf(wire: ChatWire, { definition, layout, authorization }: ChatEndpointsInput): ChatEndpoint {
  const { protocol } = wire;
  const isOpenAi = protocol === 'openai-chat' || protocol === 'openai-responses';
  const { credentialHeaders, nativeHeaders = credentialHeaders } = authorization;
  return {
    protocol,
    pathOf: pathOf(wire, layout),
    credentialHeaders: withRequired(isOpenAi ? credentialHeaders : nativeHeaders, protocol),
    quirks: { refusesStreamOptions: !definition.acceptsStreamOptions, ...wire.quirks },
  };
}

/** A wire's own headers, where the credential does not bring them along. They replace the caller's of the same name. */
function withRequired(headers: readonly string[], protocol: ChatEndpoint['protocol']): readonly string[] {
  const { requestHeaders = [] } = findProtocol(protocol).upstream;
  const isThere = requestHeaders.length === 0 || headers.includes(requestHeaders[0]!);
  return isThere ? headers : [...headers, ...requestHeaders];
}

function pathOf(wire: ChatWire, layout: Layout): ChatEndpoint['pathOf'] {
  const { only } = wire;
  const found = placeOf(wire, layout);
  return only === undefined ? found : (ask) => (only(ask.model) ? found(ask) : undefined);
}

function placeOf({ protocol, path }: ChatWire, layout: Layout): ChatEndpoint['pathOf'] {
  const below = (found: string | undefined) => (found === undefined ? undefined : layout.root + found);
  if (path !== undefined) return (ask) => below(path(ask));
  if (protocol === 'openai-chat') return ({ model }) => layout.pathOf('chat', model, 'chat/completions');
  if (protocol === 'openai-responses') return ({ model }) => layout.pathOf('responses', model, 'responses');
  const usual = findProtocol(protocol).upstream;
  return (ask) => below(usual.pathOf(ask));
}
