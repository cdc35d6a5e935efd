import type { ClientPath } from '../client-path.ts';

const chat = { operation: 'chat', stream: 'body', tail: 'chat/completions' } as const;

/** Paths of OpenAI's clients, and the short one of gateways before this one. */
export const openaiChatPaths: readonly ClientPath[] = [
  { pattern: '/chat', ...chat },
  { pattern: '/v1/chat/completions', ...chat },
  { pattern: '/v1/models/{model}/chat/completions', ...chat },
  ...(
    [
      ['completions', 'completions'],
      ['embeddings', 'embeddings'],
      ['moderations', 'moderation'],
      ['rerank', 'rerank'],
      ['images/generations', 'images'],
      ['images/edits', 'images'],
      ['images/variations', 'images'],
      ['audio/speech', 'speech'],
      ['audio/transcriptions', 'transcription'],
      ['audio/translations', 'transcription'],
    ] as const
  ).map(([tail, operation]) => ({ pattern: `/v1/${tail}`, operation, stream: 'body', tail }) as const),
];
