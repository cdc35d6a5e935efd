import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Any endpoint that speaks the OpenAI protocol. */
export default defineProvider({
  name: 'openai-compatible',
  aliases: ['openai-compat', 'compatible', 'generic', 'custom'],
  environment: { apiKey: [], baseUrl: [] },
  baseUrl: undefined,
  hosts: [],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: false,
  probePath: 'models',
  chat: [compatibleChat, { protocol: 'openai-responses' }],
  acceptsStreamOptions: true,
  serves: ['*'],
});
