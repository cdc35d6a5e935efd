import { defineProvider } from './define-provider.ts';

export default defineProvider({
  name: 'groq',
  aliases: [],
  environment: { apiKey: ['GROQ_API_KEY'], baseUrl: ['GROQ_BASE_URL'] },
  baseUrl: 'https://api.groq.com/openai/v1',
  hosts: ['api.groq.com'],
  version: '/openai/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  // console.groq.com/docs/prompting, "Assistant Message Prefilling".
  chat: [{ protocol: 'openai-chat', quirks: { assistantPrefill: 'plain' } }, { protocol: 'openai-responses' }],
  acceptsStreamOptions: true,
  serves: ['llama-*', 'meta-llama/*', 'openai/gpt-oss-*', 'qwen/*', 'moonshotai/*', 'groq/*', 'whisper-large-v3*'],
});
