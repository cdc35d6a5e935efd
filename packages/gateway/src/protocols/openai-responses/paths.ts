import type { ClientPath } from '../client-path.ts';

/** Path of OpenAI's responses. */
export const openaiResponsesPaths: readonly ClientPath[] = [
  { pattern: '/v1/responses', operation: 'responses', stream: 'body', tail: 'responses' },
  { pattern: '/v1/responses/input_tokens', operation: 'count_tokens', stream: 'never', tail: 'responses/input_tokens' },
];
