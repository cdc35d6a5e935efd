import { defineProvider } from './define-provider.ts';

/** Its OpenAI-compatible endpoint, which takes the key as a bearer. */
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
  acceptsStreamOptions: true,
  serves: ['gemini-*', 'gemma-*', 'models/gemini-*'],
});
