// Written by `npm run generate` from the files of this folder; edit those instead.
import anthropicMessages from './anthropic-messages/protocol.ts';
import bedrockConverse from './bedrock-converse/protocol.ts';
import cohereChat from './cohere-chat/protocol.ts';
import gemini from './gemini/protocol.ts';
import openaiChat from './openai-chat/protocol.ts';
import openaiResponses from './openai-responses/protocol.ts';
import type { Protocol } from './protocol.ts';

/** Every wire format of chat that is spoken here, by clients and by upstreams. */
export const protocols: readonly Protocol[] = [
  anthropicMessages,
  bedrockConverse,
  cohereChat,
  gemini,
  openaiChat,
  openaiResponses,
];
