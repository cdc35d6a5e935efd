import type { ChatRequest, Part, Turn } from './conversation.ts';

/**
 * What a request may ask for that not every wire can say. Each protocol declares for each of them whether it says it
 * (`native`), says it by other means (`emulated`), leaves it out because the answer is as useful without it
 * (`dropped`, told in `x-gateway-dropped`), or cannot be asked at all (`refused`, 400).
 */
export type FeatureSupport = 'native' | 'emulated' | 'dropped' | 'refused';

interface FeatureRule {
  /** For the documentation. */
  readonly title: string;
  readonly isUsed: (request: ChatRequest) => boolean;
  /** The request without it; undefined where leaving it out would change what was asked. */
  readonly without: ((request: ChatRequest) => ChatRequest) | undefined;
}

/** Every feature; encoders are only given requests whose features their protocol has as `native` or `emulated`. */
export const features = {
  temperature: option('Temperature', 'temperature'),
  topP: option('Nucleus sampling', 'topP'),
  topK: option('Top-k sampling', 'topK'),
  frequencyPenalty: option('Frequency penalty', 'frequencyPenalty'),
  presencePenalty: option('Presence penalty', 'presencePenalty'),
  stopSequences: {
    title: 'Stop sequences',
    isUsed: ({ stopSequences }) => stopSequences.length > 0,
    without: undefined,
  },
  seed: option('Seed', 'seed'),
  choices: { title: 'Several choices', isUsed: ({ choices = 1 }) => choices > 1, without: undefined },
  // Before the probabilities themselves, so that a refusal names what was asked for.
  topLogprobs: {
    title: 'Alternatives to each token',
    isUsed: ({ logprobs }) => (logprobs?.top ?? 0) > 0,
    without: (request) => ({ ...request, logprobs: { top: undefined } }),
  },
  logprobs: option('Log probabilities', 'logprobs'),
  logitBias: option('Logit bias', 'logitBias'),
  reasoning: option('Reasoning effort or budget', 'reasoning'),
  outputJson: {
    title: 'Answer in JSON',
    isUsed: ({ outputFormat }) => outputFormat?.type === 'json',
    without: undefined,
  },
  outputSchema: {
    title: 'Answer by a JSON Schema',
    isUsed: ({ outputFormat }) => outputFormat?.type === 'json-schema',
    without: undefined,
  },
  verbosity: option('Verbosity', 'verbosity'),
  audioOutput: {
    title: 'Spoken answer',
    isUsed: ({ modalities, audioOutput }) => audioOutput !== undefined || modalities?.includes('audio') === true,
    without: undefined,
  },
  imageOutput: {
    title: 'Images in the answer',
    isUsed: ({ modalities }) => modalities?.includes('image') === true,
    without: undefined,
  },
  toolChoice: {
    title: 'Tool choice: required, none or one tool',
    isUsed: ({ toolChoice }) => toolChoice !== undefined && toolChoice.type !== 'auto' && toolChoice.type !== 'allowed',
    without: undefined,
  },
  allowedTools: {
    title: 'Tool choice among some of the tools',
    isUsed: ({ toolChoice }) => toolChoice?.type === 'allowed',
    without: undefined,
  },
  parallelToolCalls: option('At most one tool call in a turn', 'parallelToolCalls'),
  strictTools: {
    title: 'Strict tool schemas',
    isUsed: ({ tools }) => tools.some((tool) => tool.type === 'function' && tool.strict !== undefined),
    without: (request) => ({
      ...request,
      tools: request.tools.map((tool) => (tool.type === 'function' ? { ...tool, strict: undefined } : tool)),
    }),
  },
  customTools: {
    title: 'Tools that take free text',
    isUsed: ({ tools }) => tools.some(({ type }) => type === 'custom'),
    without: undefined,
  },
  imageUrls: { title: 'Images by URL', isUsed: usesMedia('image', 'url'), without: undefined },
  imageData: { title: 'Images in the request', isUsed: usesMedia('image', 'data'), without: undefined },
  documentUrls: { title: 'Documents by URL', isUsed: usesMedia('document', 'url'), without: undefined },
  documentData: { title: 'Documents in the request', isUsed: usesMedia('document', 'data'), without: undefined },
  documentText: { title: 'Documents of plain text', isUsed: usesMedia('document', 'text'), without: undefined },
  audioInput: { title: 'Audio in the request', isUsed: usesMedia('audio', 'data'), without: undefined },
  audioUrls: { title: 'Audio by URL', isUsed: usesMedia('audio', 'url'), without: undefined },
  videoInput: {
    title: 'Video',
    isUsed: (request) => somePart(request, ({ type }) => type === 'video'),
    without: undefined,
  },
  toolResultMedia: {
    title: 'Images and documents in tool results',
    isUsed: (request) =>
      somePart(request, (part) => part.type === 'tool-result' && part.content.some(({ type }) => type !== 'text')),
    without: undefined,
  },
  cacheControl: {
    title: 'Marks for the prompt cache',
    isUsed: (request) => somePart(request, hasCacheMark) || request.tools.some((tool) => hasCacheMark(tool)),
    without: (request) => ({
      ...mapParts(request, withoutCacheMark),
      tools: request.tools.map((tool) => withoutCacheMark(tool)),
    }),
  },
  citableDocuments: {
    title: 'Citations of documents',
    isUsed: (request) => somePart(request, (part) => part.type === 'document' && part.isCitable === true),
    without: (request) =>
      mapParts(request, (part) => (part.type === 'document' ? { ...part, isCitable: false } : part)),
  },
  participantNames: {
    title: 'Names of participants',
    isUsed: ({ turns }) => turns.some(({ name }) => name !== undefined),
    without: (request) => ({ ...request, turns: request.turns.map(({ role, parts }) => ({ role, parts })) }),
  },
  serviceTier: option('Service tier', 'serviceTier'),
  user: option('End user', 'user'),
  metadata: option('Metadata', 'metadata'),
  store: option('Keeping the answer', 'store'),
  promptCacheKey: option('Prompt cache key', 'promptCacheKey'),
  prediction: option('Predicted output', 'prediction'),
  safetySettings: option('Safety settings', 'safetySettings'),
} as const satisfies Readonly<Record<string, FeatureRule>>;

export type Feature = keyof typeof features;

export const featureNames = Object.keys(features) as readonly Feature[];

/** Takes a feature out of a request; undefined when that would change what was asked. */
export function withoutFeature(request: ChatRequest, feature: Feature): ChatRequest | undefined {
  const rule: FeatureRule = features[feature];
  return rule.without?.(request);
}

/** An option that is used when it is set, and goes when it is unset. */
function option(title: string, key: keyof ChatRequest): FeatureRule {
  return {
    title,
    isUsed: (request) => request[key] !== undefined,
    without: (request) => ({ ...request, [key]: undefined }),
  };
}

function usesMedia(type: string, kind: string): FeatureRule['isUsed'] {
  return (request) => somePart(request, (part) => part.type === type && 'source' in part && part.source.kind === kind);
}

/** Whether any part is so, those within tool results included. */
function somePart({ turns }: ChatRequest, test: (part: Part) => boolean): boolean {
  return turns.some(({ parts }) =>
    parts.some((part) => test(part) || (part.type === 'tool-result' && part.content.some(test))),
  );
}

function mapParts(request: ChatRequest, change: (part: Part) => Part): ChatRequest {
  const turns = request.turns.map((turn): Turn => ({ ...turn, parts: turn.parts.map(change) }));
  return { ...request, turns };
}

function hasCacheMark(holder: object): boolean {
  return 'cache' in holder && holder.cache !== undefined;
}

function withoutCacheMark<T extends object>(holder: T): T {
  if (!hasCacheMark(holder)) return holder;
  const { cache: _, ...rest } = holder as T & { cache: unknown };
  return rest as unknown as T;
}
