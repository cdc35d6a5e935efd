import type { ClientPath } from '../client-path.ts';

/** Paths of AWS's clients. */
export const bedrockConversePaths: readonly ClientPath[] = [
  { pattern: '/model/{model}/converse', operation: 'chat', stream: 'never', tail: 'chat/completions' },
  { pattern: '/model/{model}/converse-stream', operation: 'chat', stream: 'always', tail: 'chat/completions' },
  { pattern: '/model/{model}/count-tokens', operation: 'count_tokens', stream: 'never', tail: 'count_tokens' },
];
