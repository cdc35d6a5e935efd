import { defineProvider } from './define-provider.ts';

/** Its model list is public and proves nothing about a key; `/key` does. */
export default defineProvider({
  name: 'openrouter',
  aliases: ['open-router'],
  environment: { apiKey: ['OPENROUTER_API_KEY'], baseUrl: ['OPENROUTER_BASE_URL'] },
  baseUrl: 'https://openrouter.ai/api/v1',
  hosts: ['openrouter.ai'],
  version: '/api/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'key',
  chat: [
    {
      protocol: 'openai-chat',
      quirks: {
        reasoningForm: 'reasoning',
        reasoningHistory: 'reasoning_details',
        // openrouter.ai/docs/api-reference/overview, "Assistant Prefill".
        assistantPrefill: 'plain',
      },
    },
    { protocol: 'openai-responses' },
    { protocol: 'anthropic-messages', path: () => '/api/v1/messages' },
  ],
  acceptsStreamOptions: true,
  serves: ['*/*'],
});
