import type { ClientPath } from '../client-path.ts';

/** What precedes the model: the Gemini API's two versions, and Vertex AI's with and without a project. */
const bases = [
  '/v1beta/models/{model}',
  '/v1/models/{model}',
  '/v1beta1/publishers/google/models/{model}',
  '/v1/publishers/google/models/{model}',
] as const;

const methods: readonly Omit<ClientPath, 'pattern'>[] = [
  { operation: 'chat', stream: 'never', tail: 'generateContent' },
  { operation: 'chat', stream: 'alt', tail: 'streamGenerateContent' },
  { operation: 'count_tokens', stream: 'never', tail: 'countTokens' },
  { operation: 'embeddings', stream: 'never', tail: 'embedContent' },
  { operation: 'embeddings', stream: 'never', tail: 'batchEmbedContents' },
];

/** Paths of Google's clients. */
export const geminiPaths: readonly ClientPath[] = bases.flatMap((base) =>
  methods.map((method) => ({ ...method, pattern: `${base}:${method.tail}` })),
);
