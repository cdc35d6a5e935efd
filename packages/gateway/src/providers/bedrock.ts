import { compatibleChat } from './compatible-chat.ts';
import { defineProvider, type PlaceInput } from './define-provider.ts';

/**
 * Models in AWS, over the Converse API. An API key goes out as a bearer; without one, requests are signed with the
 * credentials of the machine. Its OpenAI-compatible path serves some models only.
 */
export default defineProvider({
  name: 'bedrock',
  aliases: ['aws-bedrock', 'amazon-bedrock', 'aws'],
  environment: { apiKey: ['AWS_BEARER_TOKEN_BEDROCK'], baseUrl: ['BEDROCK_BASE_URL'] },
  baseUrl: undefined,
  addressOf: (place) => `https://bedrock-runtime.${regionOf(place)}.amazonaws.com`,
  hosts: ['amazonaws.com'],
  version: '/openai/v1',
  join: 'bare',
  operations: ['chat'],
  credential: 'bearer',
  needsKey: true,
  // Everything free to ask lies on another host.
  probePath: undefined,
  chat: [
    { protocol: 'bedrock-converse' },
    { ...compatibleChat, only: (model) => model?.startsWith('openai.') === true },
  ],
  embeddings: (model = '') =>
    /\bcohere\.embed/.test(model) ? ['bedrock-cohere'] : /\btitan-embed-text/.test(model) ? ['bedrock-titan'] : [],
  rerank: [],
  acceptsStreamOptions: true,
  serves: [
    'amazon.*',
    'anthropic.*',
    'meta.*',
    'mistral.*',
    'cohere.*',
    'openai.*',
    'deepseek.*',
    'qwen.*',
    'us.*',
    'eu.*',
    'apac.*',
    'global.*',
    'arn:aws:bedrock:*',
  ],
  identity: ({ sources, ...place }) => ({
    credentialHeaders: [],
    sign: sources.aws({ region: regionOf(place), environment: place.environment }),
  }),
});

function regionOf({ region, environment }: PlaceInput): string {
  return region ?? (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || 'us-east-1');
}
