import type { ChatWire } from './define-provider.ts';

/** OpenAI's chat wire as the many take it that followed its first version: the old name of the limit, no developer role. */
export const compatibleChat: ChatWire = {
  protocol: 'openai-chat',
  quirks: { maxTokensField: 'max_tokens', refusesDeveloperRole: true },
};
