import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** GLM. It has no free endpoint to probe; its other wire lies at `/api/anthropic`. */
export default defineProvider({
  name: 'zai',
  aliases: ['z-ai', 'zhipu', 'zhipuai', 'bigmodel'],
  environment: { apiKey: ['ZAI_API_KEY', 'ZHIPUAI_API_KEY'], baseUrl: ['ZAI_BASE_URL'] },
  baseUrl: 'https://api.z.ai/api/paas/v4',
  hosts: ['api.z.ai', 'open.bigmodel.cn'],
  version: '/api/paas/v4',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: undefined,
  chat: [
    {
      protocol: 'openai-chat',
      quirks: { ...compatibleChat.quirks, reasoningForm: 'thinking', reasoningHistory: 'reasoning_content' },
    },
    { protocol: 'anthropic-messages', path: () => '/api/anthropic/v1/messages' },
  ],
  acceptsStreamOptions: true,
  serves: ['glm-*'],
});
