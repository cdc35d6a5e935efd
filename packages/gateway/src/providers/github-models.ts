import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Models by a GitHub token. `GITHUB_TOKEN` is set for many other purposes, so the variable has a name of its own. */
export default defineProvider({
  name: 'github-models',
  aliases: ['github'],
  environment: { apiKey: ['GITHUB_MODELS_TOKEN', 'GITHUB_MODELS_API_KEY'], baseUrl: ['GITHUB_MODELS_BASE_URL'] },
  baseUrl: 'https://models.github.ai/inference',
  hosts: ['models.github.ai'],
  version: '/inference',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: '/catalog/models',
  chat: [compatibleChat],
  acceptsStreamOptions: true,
  serves: ['openai/*', 'meta/*', 'microsoft/*', 'mistral-ai/*'],
});
