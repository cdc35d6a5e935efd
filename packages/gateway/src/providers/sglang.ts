import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** A server of open models. */
export default defineProvider({
  name: 'sglang',
  aliases: [],
  environment: { apiKey: ['SGLANG_API_KEY'], baseUrl: ['SGLANG_BASE_URL'] },
  baseUrl: 'http://localhost:30000/v1',
  hosts: [],
  version: '/v1',
  join: 'bare',
  credential: 'bearer',
  needsKey: false,
  probePath: '/health',
  chat: [
    {
      protocol: 'openai-chat',
      // Its documentation of sampling parameters: `continue_final_message`.
      quirks: { ...compatibleChat.quirks, assistantPrefill: 'continue_final_message' },
    },
  ],
  acceptsStreamOptions: true,
  serves: ['*'],
});
