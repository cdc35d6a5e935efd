import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Its own wire, and a compatible endpoint that refuses `stream_options` and reports usage without being asked. */
export default defineProvider({
  name: 'cohere',
  aliases: [],
  environment: { apiKey: ['COHERE_API_KEY', 'CO_API_KEY'], baseUrl: ['COHERE_BASE_URL'] },
  baseUrl: 'https://api.cohere.ai/compatibility/v1',
  hosts: ['api.cohere.ai', 'api.cohere.com'],
  version: '/compatibility/v1',
  join: 'versioned',
  operations: ['chat', 'embeddings'],
  credential: 'bearer',
  needsKey: true,
  probePath: '/v1/models',
  chat: [{ protocol: 'cohere-chat' }, compatibleChat],
  embeddings: () => ['cohere', 'openai'],
  rerank: ['cohere'],
  acceptsStreamOptions: false,
  serves: ['command*', 'c4ai-*', 'embed-*'],
});
