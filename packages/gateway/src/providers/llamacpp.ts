import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** llama.cpp's server. Its default port is the gateway's own; one of them has to move. */
export default defineProvider({
  name: 'llamacpp',
  aliases: ['llama-cpp', 'llama.cpp'],
  environment: { apiKey: ['LLAMACPP_API_KEY'], baseUrl: ['LLAMACPP_BASE_URL'] },
  baseUrl: 'http://localhost:8080/v1',
  hosts: [],
  version: '/v1',
  join: 'bare',
  credential: 'bearer',
  needsKey: false,
  probePath: '/health',
  chat: [
    {
      protocol: 'openai-chat',
      // It goes on with a last message of the assistant's unless it is started with `--no-prefill-assistant`.
      quirks: { ...compatibleChat.quirks, assistantPrefill: 'plain' },
    },
  ],
  acceptsStreamOptions: true,
  serves: ['*'],
});
