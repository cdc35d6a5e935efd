import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

export default defineProvider({
  name: 'fireworks',
  aliases: ['fireworks-ai'],
  environment: { apiKey: ['FIREWORKS_API_KEY'], baseUrl: ['FIREWORKS_BASE_URL'] },
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  hosts: ['api.fireworks.ai'],
  version: '/inference/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [compatibleChat, { protocol: 'openai-responses' }],
  acceptsStreamOptions: true,
  serves: ['accounts/fireworks/*'],
});
