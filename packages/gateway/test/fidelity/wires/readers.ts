import { readAnthropicMessages } from './read-anthropic-messages.ts';
import { readBedrockConverse } from './read-bedrock-converse.ts';
import { readCohereChat } from './read-cohere-chat.ts';
import { readGemini } from './read-gemini.ts';
import { readOpenaiChat } from './read-openai-chat.ts';
import { readOpenaiResponses } from './read-openai-responses.ts';
import type { Readers } from './reading.ts';

export const readers: Readers = {
  'openai-chat': readOpenaiChat,
  'openai-responses': readOpenaiResponses,
  'anthropic-messages': readAnthropicMessages,
  gemini: readGemini,
  'bedrock-converse': readBedrockConverse,
  'cohere-chat': readCohereChat,
};
