import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** A server of open models. Its health endpoint lies below the host and answers with an empty body. */
export default defineProvider({
  name: 'vllm',
  aliases: [],
  environment: { apiKey: ['VLLM_API_KEY'], baseUrl: ['VLLM_BASE_URL'] },
  baseUrl: 'http://localhost:8000/v1',
  hosts: [],
  version: '/v1',
  join: 'bare',
  credential: 'bearer',
  needsKey: false,
  probePath: '/health',
  chat: [
    {
      protocol: 'openai-chat',
      quirks: {
        ...compatibleChat.quirks,
        reasoningHistory: 'reasoning_content',
        // docs.vllm.ai/en/latest/serving/openai_compatible_server.html, "Extra parameters".
        assistantPrefill: 'continue_final_message',
      },
    },
    { protocol: 'openai-responses' },
  ],
  acceptsStreamOptions: true,
  serves: ['*'],
});
