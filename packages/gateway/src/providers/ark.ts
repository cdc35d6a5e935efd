import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Keys are bound to a region; the default host is the one in China. It has no free endpoint to probe. */
export default defineProvider({
  name: 'ark',
  aliases: ['volcengine', 'doubao', 'byteplus'],
  environment: { apiKey: ['ARK_API_KEY', 'VOLCENGINE_API_KEY'], baseUrl: ['ARK_BASE_URL'] },
  baseUrl: 'https://ark.cn-beijing.volces.com/api/v3',
  hosts: ['ark.cn-beijing.volces.com', 'ark.ap-southeast.bytepluses.com'],
  version: '/api/v3',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: undefined,
  chat: [
    {
      protocol: 'openai-chat',
      quirks: { ...compatibleChat.quirks, reasoningForm: 'thinking', reasoningHistory: 'reasoning_content' },
    },
    { protocol: 'openai-responses' },
  ],
  acceptsStreamOptions: true,
  serves: ['doubao-*', 'ep-*'],
});
