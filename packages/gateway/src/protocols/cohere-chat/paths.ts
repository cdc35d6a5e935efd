import type { ClientPath } from '../client-path.ts';

/** Paths of Cohere's clients. */
export const cohereChatPaths: readonly ClientPath[] = [
  { pattern: '/v2/chat', operation: 'chat', stream: 'body', tail: 'chat/completions' },
  { pattern: '/v2/embed', operation: 'embeddings', stream: 'never', tail: 'embeddings' },
  { pattern: '/v2/rerank', operation: 'rerank', stream: 'never', tail: 'rerank' },
];
