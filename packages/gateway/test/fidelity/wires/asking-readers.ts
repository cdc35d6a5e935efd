import type { ProtocolName } from '../../../src/canonical/protocol-name.ts';
import { readChatAsking, readResponsesAsking } from './ask-openai.ts';
import { readConverseAsking, readGeminiAsking, readMessagesAsking } from './ask-others.ts';
import type { ReadAsking } from './asking.ts';

export const askingReaders: Readonly<Record<ProtocolName, ReadAsking>> = {
  'openai-chat': readChatAsking,
  'openai-responses': readResponsesAsking,
  'anthropic-messages': readMessagesAsking,
  gemini: readGeminiAsking,
  'bedrock-converse': readConverseAsking,
  // Its requests are of OpenAI's making but for a few names.
  'cohere-chat': readChatAsking,
};
