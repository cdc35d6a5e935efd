import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Kimi. Keys are bound to a region; the host in China is `api.moonshot.cn`. */
export default defineProvider({
  name: 'moonshot',
  aliases: ['kimi'],
  environment: { apiKey: ['MOONSHOT_API_KEY'], baseUrl: ['MOONSHOT_BASE_URL'] },
  baseUrl: 'https://api.moonshot.ai/v1',
  hosts: ['api.moonshot.ai', 'api.moonshot.cn'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [
    {
      protocol: 'openai-chat',
      quirks: {
        ...compatibleChat.quirks,
        reasoningForm: 'thinking',
        reasoningHistory: 'reasoning_content',
        // platform.kimi.ai/docs/guide/use-partial-mode-feature-of-kimi-api
        assistantPrefill: 'partial',
      },
    },
    { protocol: 'anthropic-messages', path: () => '/anthropic/v1/messages' },
  ],
  acceptsStreamOptions: true,
  serves: ['kimi-*', 'moonshot-*'],
});
