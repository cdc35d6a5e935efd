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
  | 'other';

/** Knows the endpoint by the end of the path, so that any prefix works, and the Azure deployment in it. */
export function endpointOf(method: string, path: string): { endpoint: Endpoint; deployment: string | undefined } {
  const deployment = /\/deployments\/([^/]+)\//.exec(path)?.[1];
  return { endpoint: find(method, path), deployment: deployment === undefined ? undefined : decode(deployment) };
}

/** The model that `GET …/models/{id}` asks about; ids may hold slashes and colons. */
export function modelInPath(path: string): string {
  return decode(path.slice(path.lastIndexOf('/models/') + '/models/'.length));
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
  ['/rerank', 'rerank'],
];
