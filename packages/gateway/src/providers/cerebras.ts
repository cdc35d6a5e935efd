import { defineProvider } from './define-provider.ts';

export default defineProvider({
  name: 'cerebras',
  aliases: [],
  environment: { apiKey: ['CEREBRAS_API_KEY'], baseUrl: ['CEREBRAS_BASE_URL'] },
  baseUrl: 'https://api.cerebras.ai/v1',
  hosts: ['api.cerebras.ai'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [{ protocol: 'openai-chat', quirks: { refusesDeveloperRole: true } }],
  acceptsStreamOptions: true,
  serves: ['llama3*', 'llama-3*', 'llama-4*', 'qwen-3-*', 'gpt-oss-*', 'zai-glm-*'],
});
