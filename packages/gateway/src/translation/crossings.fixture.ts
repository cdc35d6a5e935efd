import type { JsonObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { readConversation, translateRequest } from './translation.ts';

export interface Crossing {
  readonly from: ProtocolName;
  readonly to: ProtocolName;
  /** As text where its numbers are to be what they are. */
  readonly body: object | string;
  /** A current one of the wire's inventor when not given. */
  readonly model?: string;
}

export interface Crossed {
  readonly sent: JsonObject;
  readonly text: string;
  readonly dropped: readonly string[];
}

const models: Readonly<Record<ProtocolName, string>> = {
  'openai-chat': 'gpt-5',
  'openai-responses': 'gpt-5',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-pro',
  'bedrock-converse': 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'cohere-chat': 'command-a-03-2025',
};

/** A caller's body as an upstream of another wire gets it. Throws GatewayError where that has no words for it. */
export async function cross({ from, to, body, model = models[to] }: Crossing): Promise<Crossed> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const facts = findProtocol(from).client.readFacts(JSON.parse(text) as JsonObject);
  const translation = await translateRequest({
    conversation: readConversation(from, Buffer.from(text), facts),
    client: from,
    upstream: to,
    model,
    quirks: {},
    maxOutputTokens: undefined,
    fetchMedia: () => Promise.reject(new Error('nothing is fetched here')),
  });
  const sent = translation.body.toString();
  return { sent: JSON.parse(sent) as JsonObject, text: sent, dropped: translation.dropped };
}
