import { defineProvider } from './define-provider.ts';

/** OpenAI itself: what every compatible endpoint is compatible with. */
export default defineProvider({
  name: 'openai',
  aliases: ['open-ai'],
  environment: { apiKey: ['OPENAI_API_KEY'], baseUrl: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'] },
  baseUrl: 'https://api.openai.com/v1',
  hosts: ['api.openai.com'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [{ protocol: 'openai-chat' }, { protocol: 'openai-responses' }],
  acceptsStreamOptions: true,
  serves: [
    'gpt-*',
    'chatgpt-*',
    'o1*',
    'o3*',
    'o4*',
    'codex-*',
    'computer-use-*',
    'text-embedding-3-*',
    'text-embedding-ada-*',
    'omni-moderation-*',
    'gpt-image-*',
    'dall-e-*',
    'whisper-1',
    'tts-1*',
    'sora-*',
  ],
});
