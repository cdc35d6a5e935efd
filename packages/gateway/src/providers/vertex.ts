import { defineProvider, type PlaceInput } from './define-provider.ts';

/**
 * Models in Google's cloud. The address names project and location; requests are authorized with tokens of a service
 * account or of the machine, and an `api_key` is the JSON of a service account's key, or a token.
 */
export default defineProvider({
  name: 'vertex',
  aliases: ['vertex-ai', 'vertexai', 'google-vertex'],
  environment: { apiKey: ['VERTEX_API_KEY'], baseUrl: ['VERTEX_BASE_URL'] },
  baseUrl: undefined,
  addressOf,
  missingAddress: 'neither base_url nor the variable GOOGLE_CLOUD_PROJECT is set, so there is no project to ask',
  hosts: ['aiplatform.googleapis.com'],
  version: '/endpoints/openapi',
  join: 'bare',
  operations: ['chat'],
  credential: 'bearer',
  needsKey: true,
  probePath: undefined,
  chat: [
    {
      protocol: 'gemini',
      // Its path takes no tier in the body, and what is to be counted stands in the body itself.
      quirks: { refusedMembers: ['serviceTier', 'generateContentRequest'] },
      path: ({ model, stream }) =>
        model &&
        `/publishers/google/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    },
    { protocol: 'openai-chat' },
  ],
  embeddings: () => [],
  rerank: [],
  acceptsStreamOptions: true,
  serves: ['gemini-*', 'google/gemini-*'],
  identity: ({ sources, environment }) => ({
    credentialHeaders: [],
    sign: sources.google({ environment, key: undefined }),
  }),
});

function addressOf({ region, environment }: PlaceInput): string | undefined {
  const project = environment['GOOGLE_CLOUD_PROJECT'];
  if (!project) return undefined;
  const location = region ?? (environment['GOOGLE_CLOUD_LOCATION'] || 'global');
  const host = location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`;
  return `https://${host}/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}`;
}
