/** The wire formats of chat that are spoken here, by clients and by upstreams. */
export const protocolNames = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
] as const;

export type ProtocolName = (typeof protocolNames)[number];
