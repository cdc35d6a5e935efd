import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Its own wire takes the key in a header of its own, its OpenAI-compatible endpoint as a bearer. */
export default defineProvider({
  name: 'gemini',
  aliases: ['google', 'google-gemini', 'google-ai', 'googleai'],
  environment: { apiKey: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], baseUrl: ['GEMINI_BASE_URL'] },
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  hosts: ['generativelanguage.googleapis.com'],
  version: '/v1beta/openai',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [
    { protocol: 'gemini' },
    { protocol: 'openai-chat', quirks: { ...compatibleChat.quirks, reasoningHistory: 'extra_content' } },
  ],
  embeddings: () => ['gemini', 'openai'],
  acceptsStreamOptions: true,
  authorize: ({ apiKey }) => ({
    credentialHeaders: ['authorization', `Bearer ${apiKey}`],
    nativeHeaders: ['x-goog-api-key', apiKey],
  }),
  serves: ['gemini-*', 'gemma-*', 'models/gemini-*'],
});
