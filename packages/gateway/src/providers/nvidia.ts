import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

export default defineProvider({
  name: 'nvidia',
  aliases: ['nvidia-nim', 'nim'],
  environment: { apiKey: ['NVIDIA_API_KEY', 'NVIDIA_NIM_API_KEY'], baseUrl: ['NVIDIA_BASE_URL'] },
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  hosts: ['integrate.api.nvidia.com'],
  version: '/v1',
  join: 'versioned',
  credential: 'bearer',
  needsKey: true,
  probePath: 'models',
  chat: [compatibleChat],
  acceptsStreamOptions: true,
  serves: ['nvidia/*', 'meta/*'],
});
