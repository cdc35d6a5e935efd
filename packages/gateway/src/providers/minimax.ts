import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** MiniMax. It has no free endpoint to probe. */
export default defineProvider({
  name: 'minimax',
  aliases: ['mini-max'],
  environment: { apiKey: ['MINIMAX_API_KEY'], baseUrl: ['MINIMAX_BASE_URL'] },
  baseUrl: 'https://api.minimax.io/v1',
  hosts: ['api.minimax.io', 'api.minimaxi.com'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: undefined,
  chat: [compatibleChat, { protocol: 'anthropic-messages', path: () => '/anthropic/v1/messages' }],
  acceptsStreamOptions: true,
  serves: ['MiniMax-*'],
});
