import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Keys are bound to a region; the default host is the one in China. */
export default defineProvider({
  name: 'dashscope',
  aliases: ['qwen', 'alibaba', 'aliyun'],
  environment: { apiKey: ['DASHSCOPE_API_KEY'], baseUrl: ['DASHSCOPE_BASE_URL'] },
  baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
  hosts: ['dashscope.aliyuncs.com', 'dashscope-intl.aliyuncs.com', 'dashscope-us.aliyuncs.com', 'maas.aliyuncs.com'],
  version: '/compatible-mode/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [{ protocol: 'openai-chat', quirks: { ...compatibleChat.quirks, reasoningForm: 'enable_thinking' } }],
  acceptsStreamOptions: true,
  serves: ['qwen*', 'qwq-*', 'qvq-*', 'text-embedding-v*'],
});
