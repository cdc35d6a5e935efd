import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Chat lies below the host, everything else below the version. */
export default defineProvider({
  name: 'perplexity',
  aliases: ['pplx'],
  environment: { apiKey: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'], baseUrl: ['PERPLEXITY_BASE_URL'] },
  baseUrl: 'https://api.perplexity.ai',
  hosts: ['api.perplexity.ai'],
  version: '/v1',
  join: 'bare',
  paths: { chat: '/chat/completions' },
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [compatibleChat],
  base64Numbers: 'int8',
  acceptsStreamOptions: true,
  serves: ['sonar*'],
});
