import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Its router over many hosts of open models. The list of models is public, so it proves nothing about the key. */
export default defineProvider({
  name: 'huggingface',
  aliases: ['hf', 'hugging-face'],
  environment: { apiKey: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'], baseUrl: ['HUGGINGFACE_BASE_URL'] },
  baseUrl: 'https://router.huggingface.co/v1',
  hosts: ['router.huggingface.co', 'endpoints.huggingface.cloud'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [compatibleChat],
  acceptsStreamOptions: true,
  serves: ['*/*'],
});
