import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** A desktop server of open models. */
export default defineProvider({
  name: 'lmstudio',
  aliases: ['lm-studio'],
  environment: { apiKey: ['LMSTUDIO_API_KEY'], baseUrl: ['LMSTUDIO_BASE_URL'] },
  baseUrl: 'http://localhost:1234/v1',
  hosts: [],
  version: '/v1',
  join: 'bare',
  credential: 'bearer',
  needsKey: false,
  probePath: 'models',
  chat: [compatibleChat],
  acceptsStreamOptions: true,
  serves: ['*'],
});
