import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Documented under `.ai` now; the older `.xyz` host is the same service. */
export default defineProvider({
  name: 'together',
  aliases: ['together-ai', 'togetherai'],
  environment: { apiKey: ['TOGETHER_API_KEY', 'TOGETHERAI_API_KEY'], baseUrl: ['TOGETHER_BASE_URL'] },
  baseUrl: 'https://api.together.ai/v1',
  hosts: ['api.together.ai', 'api.together.xyz'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [compatibleChat],
  rerank: ['together'],
  acceptsStreamOptions: true,
  serves: ['meta-llama/*', 'deepseek-ai/*', 'Qwen/*', 'mistralai/*', 'moonshotai/*', 'zai-org/*', 'openai/gpt-oss-*'],
});
