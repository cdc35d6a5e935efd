import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Open models on its own hardware. */
export default defineProvider({
  name: 'sambanova',
  aliases: ['samba-nova'],
  environment: { apiKey: ['SAMBANOVA_API_KEY'], baseUrl: ['SAMBANOVA_BASE_URL'] },
  baseUrl: 'https://api.sambanova.ai/v1',
  hosts: ['api.sambanova.ai'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [compatibleChat],
  acceptsStreamOptions: true,
  serves: ['Meta-Llama-*', 'DeepSeek-*'],
});
