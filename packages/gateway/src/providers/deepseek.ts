import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Serves the same paths with and without the version. */
export default defineProvider({
  name: 'deepseek',
  aliases: [],
  environment: { apiKey: ['DEEPSEEK_API_KEY'], baseUrl: ['DEEPSEEK_BASE_URL'] },
  baseUrl: 'https://api.deepseek.com/v1',
  hosts: ['api.deepseek.com'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [
    {
      protocol: 'openai-chat',
      quirks: { ...compatibleChat.quirks, reasoningForm: 'thinking', reasoningHistory: 'reasoning_content' },
    },
    { protocol: 'anthropic-messages', path: () => '/anthropic/v1/messages' },
  ],
  acceptsStreamOptions: true,
  serves: ['deepseek-*'],
});
