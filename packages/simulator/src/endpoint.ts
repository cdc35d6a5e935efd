/** What a path asks for; `other` is echoed. */
export type Endpoint =
  | 'chat'
  | 'completions'
  | 'embeddings'
  | 'responses'
  | 'messages'
  | 'count-tokens'
  | 'models'
  | 'model'
  | 'health'
  | 'moderations'
  | 'images'
  | 'speech'
  | 'transcriptions'
  | 'rerank'
  | 'gemini-generate'
  | 'gemini-count'
  | 'gemini-embed'
  | 'gemini-batch-embed'
  | 'bedrock-converse'
  | 'bedrock-count'
  | 'bedrock-invoke'
  | 'cohere-chat'
  | 'cohere-embed'
  | 'cohere-rerank'
  | 'other';

/** What a path says about a request. */
export interface PathReading {
  readonly endpoint: Endpoint;
  /** The model or Azure deployment in the path; `undefined` when the body names it. */
  readonly model: string | undefined;
  /** Whether the path asks for a stream; `undefined` when the body says so. */
  readonly stream: boolean | undefined;
}

/** Reads a path from its end, so that any prefix works. */
export function readPath(method: string, path: string): PathReading {
  if (method === 'POST') {
    const named = readGemini(path) ?? readBedrock(path);
    if (named !== undefined) return named;
  }
  const deployment = /\/deployments\/([^/]+)\//.exec(path)?.[1];
  return {
    endpoint: find(method, path),
    model: deployment === undefined ? undefined : decode(deployment),
    stream: undefined,
  };
}

/** The model that `GET …/models/{id}` asks about; ids may hold slashes and colons. */
export function modelInPath(path: string): string {
  return decode(path.slice(path.lastIndexOf('/models/') + '/models/'.length));
}

// The method stands behind the last colon: `f1:anything` is a model too.
function readGemini(path: string): PathReading | undefined {
  const [, model, method] = /\/(?:models|tunedModels)\/([^/]+)(?::|%3a)(\w+)$/i.exec(path) ?? [];
  if (model === undefined || method === undefined) return undefined;
  const endpoint = geminiMethods.get(method);
  if (endpoint === undefined) return undefined;
  return { endpoint, model: decode(model), stream: method === 'streamGenerateContent' };
}

// Ids arrive percent-encoded, ARNs with their slashes; a client that leaves the slashes bare is understood as well.
function readBedrock(path: string): PathReading | undefined {
  const [, model, operation] = /\/model\/(.+)\/(converse|converse-stream|count-tokens|invoke)$/.exec(path) ?? [];
  if (model === undefined || operation === undefined) return undefined;
  const endpoint =
    operation === 'count-tokens' ? 'bedrock-count' : operation === 'invoke' ? 'bedrock-invoke' : 'bedrock-converse';
  return { endpoint, model: decode(model), stream: operation === 'converse-stream' };
}

function find(method: string, path: string): Endpoint {
  if (method === 'GET' || method === 'HEAD') {
    if (path.endsWith('/models')) return 'models';
    if (/\/healthz?$/.test(path)) return 'health';
    return path.includes('/models/') ? 'model' : 'other';
  }
  if (method !== 'POST') return 'other';
  for (const [suffix, endpoint] of suffixes) if (path.endsWith(suffix)) return endpoint;
  return 'other';
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const geminiMethods: ReadonlyMap<string, Endpoint> = new Map([
  ['generateContent', 'gemini-generate'],
  ['streamGenerateContent', 'gemini-generate'],
  ['countTokens', 'gemini-count'],
  ['embedContent', 'gemini-embed'],
  ['batchEmbedContents', 'gemini-batch-embed'],
]);

// In order: the longer suffix stands before the one it ends with.
const suffixes: readonly (readonly [string, Endpoint])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completions'],
  ['/embeddings', 'embeddings'],
  ['/responses', 'responses'],
  ['/messages', 'messages'],
  ['/messages/count_tokens', 'count-tokens'],
  ['/moderations', 'moderations'],
  ['/images/generations', 'images'],
  ['/images/edits', 'images'],
  ['/images/variations', 'images'],
  ['/audio/speech', 'speech'],
  ['/audio/transcriptions', 'transcriptions'],
  ['/audio/translations', 'transcriptions'],
  ['/v2/chat', 'cohere-chat'],
  ['/v2/embed', 'cohere-embed'],
  ['/v2/rerank', 'cohere-rerank'],
  ['/rerank', 'rerank'],
];
