import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

export default defineProvider({
  name: 'mistral',
  aliases: ['mistral-ai', 'mistralai'],
  environment: { apiKey: ['MISTRAL_API_KEY'], baseUrl: ['MISTRAL_BASE_URL'] },
  baseUrl: 'https://api.mistral.ai/v1',
  hosts: ['api.mistral.ai'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [
    {
      protocol: 'openai-chat',
      quirks: {
        ...compatibleChat.quirks,
        renamedMembers: { seed: 'random_seed' },
        callIdLength: 9,
        reasoningHistory: 'thinking',
        // docs.mistral.ai/guides/prefix; what is given comes back at the head of the answer.
        assistantPrefill: 'prefix',
        repeatsPrefill: true,
      },
    },
  ],
  // https://docs.mistral.ai/api/endpoint/embeddings; what it does not know it refuses.
  embeddingMembers: { dimensions: 'output_dimension' },
  // Usage comes without being asked for, and asking is refused with 422.
  acceptsStreamOptions: false,
  serves: [
    'mistral-*',
    'ministral-*',
    'magistral-*',
    'codestral-*',
    'devstral-*',
    'pixtral-*',
    'voxtral-*',
    'open-mistral-*',
    'open-mixtral-*',
  ],
});
