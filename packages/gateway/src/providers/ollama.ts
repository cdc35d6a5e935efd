import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** A local server; a key is needed only by its hosted service. */
export default defineProvider({
  name: 'ollama',
  aliases: [],
  environment: { apiKey: ['OLLAMA_API_KEY'], baseUrl: ['OLLAMA_BASE_URL', 'OLLAMA_HOST'] },
  baseUrl: 'http://localhost:11434/v1',
  hosts: ['ollama.com'],
  version: '/v1',
  join: 'bare',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [{ protocol: 'openai-chat', quirks: { ...compatibleChat.quirks, reasoningHistory: 'reasoning_content' } }],
  acceptsStreamOptions: true,
  serves: ['*'],
});
