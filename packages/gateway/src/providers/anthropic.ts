import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** The versions that the API has had; there is no other, whatever date a configuration carries. */
const apiVersions = new Set(['2023-06-01', '2023-01-01']);
const currentApiVersion = '2023-06-01';

/**
 * Callers of OpenAI's wire are served by its documented compatible endpoint, which takes the key as a bearer. Everything
 * native (`/v1/messages`, `/v1/models`) takes `x-api-key` and a version.
 */
export default defineProvider({
  name: 'anthropic',
  aliases: ['claude'],
  environment: { apiKey: ['ANTHROPIC_API_KEY'], baseUrl: ['ANTHROPIC_BASE_URL'] },
  baseUrl: 'https://api.anthropic.com',
  hosts: ['api.anthropic.com'],
  version: '/v1',
  join: 'bare',
  operations: ['chat'],
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [{ protocol: 'anthropic-messages' }, compatibleChat],
  embeddings: () => [],
  rerank: [],
  acceptsStreamOptions: true,
  serves: ['claude-*'],
  authorize({ apiKey, apiVersion }) {
    const isKnown = apiVersion === undefined || apiVersions.has(apiVersion);
    const version = isKnown ? (apiVersion ?? currentApiVersion) : currentApiVersion;
    const native = ['x-api-key', apiKey, 'anthropic-version', version];
    return {
      credentialHeaders: ['authorization', `Bearer ${apiKey}`],
      probeHeaders: native,
      proxyHeaders: native,
      nativeHeaders: native,
      ...(isKnown ? {} : { notice: `api_version ${apiVersion} does not exist: ${currentApiVersion} is sent instead` }),
    };
  },
});
