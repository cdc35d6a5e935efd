import { defineProvider } from './define-provider.ts';

/** Any endpoint that speaks Anthropic's protocol. The key goes out in both ways in which such servers take it. */
export default defineProvider({
  name: 'anthropic-compatible',
  aliases: ['anthropic-compat'],
  environment: { apiKey: [], baseUrl: [] },
  baseUrl: undefined,
  hosts: [],
  version: '/v1',
  join: 'versioned',
  operations: [],
  credential: 'bearer',
  needsKey: false,
  probePath: 'models',
  chat: [{ protocol: 'anthropic-messages' }],
  embeddings: () => [],
  rerank: [],
  acceptsStreamOptions: true,
  serves: ['*'],
  authorize({ apiKey }) {
    const headers = ['authorization', `Bearer ${apiKey}`, 'x-api-key', apiKey, 'anthropic-version', '2023-06-01'];
    return { credentialHeaders: headers };
  },
});
