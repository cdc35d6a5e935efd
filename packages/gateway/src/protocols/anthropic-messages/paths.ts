import type { ClientPath } from '../client-path.ts';

/** Paths of Anthropic's clients. */
export const anthropicMessagesPaths: readonly ClientPath[] = [
  { pattern: '/v1/messages', operation: 'chat', stream: 'body', tail: 'chat/completions' },
  { pattern: '/v1/messages/count_tokens', operation: 'count_tokens', stream: 'never', tail: 'count_tokens' },
];
