import { defineProvider } from './define-provider.ts';

export default defineProvider({
  name: 'xai',
  aliases: ['x-ai', 'grok'],
  environment: { apiKey: ['XAI_API_KEY'], baseUrl: ['XAI_BASE_URL'] },
  baseUrl: 'https://api.x.ai/v1',
  hosts: ['api.x.ai'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [{ protocol: 'openai-chat', quirks: { refusesDeveloperRole: true } }, { protocol: 'openai-responses' }],
  acceptsStreamOptions: true,
  serves: ['grok-*'],
});
