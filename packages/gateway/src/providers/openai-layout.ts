import type { Operation } from '../canonical/operation.ts';
import type { Layout, LayoutInput, ProviderDefinition } from './define-provider.ts';
import { isHostOf } from './provider-host.ts';

/** What `chat_path` is when nobody sets it. */
export const defaultChatPath = '/v1/chat/completions';

/** What OpenAI's wire has paths for. */
type OpenAiOperation = Exclude<Operation, 'proxy' | 'count_tokens'>;

/** OpenAI's path of each operation below the version. */
export const openaiPaths: Readonly<Record<OpenAiOperation, string>> = {
  chat: 'chat/completions',
  completions: 'completions',
  embeddings: 'embeddings',
  responses: 'responses',
  images: 'images/generations',
  speech: 'audio/speech',
  transcription: 'audio/transcriptions',
  moderation: 'moderations',
  rerank: 'rerank',
};

/** Operations that have several paths, by what those start with. */
const families: Readonly<Partial<Record<Operation, string>>> = {
  images: 'images/',
  transcription: 'audio/',
  responses: 'responses/',
};

/** The paths of a target that speaks OpenAI's, from its base URL and the section that named it. */
export function openaiLayout(definition: ProviderDefinition, input: LayoutInput): Layout {
  return input.section === 'backend' ? backendLayout(definition, input) : versionLayout(definition, input);
}

/** Path below the version for an operation: its own tail when the operation has several. */
export function tailOf(operation: OpenAiOperation, tail: string): string {
  const family = families[operation];
  if (family !== undefined && tail.startsWith(family) && isPlainTail(tail)) return tail;
  return openaiPaths[operation];
}

/** Whether a tail stays below the base it is joined to: no dot segments, no encoded separators, no query. */
export function isPlainTail(tail: string): boolean {
  return tail !== '' && !/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)|%2f|%5c|[\\?#\s]|\/\/|^\/|%25(?:2e|2f|5c)/i.test(tail);
}

/** Trailing slashes, a pasted chat path and a repeated version are habits of people, not parts of a base. */
export function cleanPath(pathname: string): string {
  return collapseVersion(pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, ''));
}

function collapseVersion(path: string): string {
  return path.replace(/(\/v1)(?:\/v1)+(?=\/|$)/g, '$1');
}

function versionLayout(definition: ProviderDefinition, input: LayoutInput): Layout {
  const directory = versionDirectory(definition, input);
  const root = directory.endsWith(definition.version) ? directory.slice(0, -definition.version.length) : directory;
  const below = (path: string) => (path.startsWith('/') ? root + path : `${directory}/${path}`);
  const { probePath, operations } = definition;
  const fixed = new Map<Operation, string>();
  for (const [operation, path] of Object.entries({ ...openaiPaths, ...definition.paths })) {
    fixed.set(operation as Operation, below(path));
  }
  return {
    pathOf(operation, _upstreamModel, tail) {
      if (operation === 'proxy') return isPlainTail(tail) ? `${directory}/${tail}` : undefined;
      if (operation === 'count_tokens') return undefined;
      if (operations !== undefined && !operations.includes(operation)) return undefined;
      if (families[operation] === undefined) return fixed.get(operation);
      const path = tailOf(operation, tail);
      return path === openaiPaths[operation] ? fixed.get(operation) : `${directory}/${path}`;
    },
    proxyBase: directory,
    proxyQuery: '',
    probePath: probePath === undefined ? undefined : below(probePath),
    root,
  };
}

/** The directory that operations are in: `/v1`, `/api/v3`, or whatever the base says. */
function versionDirectory(definition: ProviderDefinition, { url, section }: LayoutInput): string {
  const path = cleanPath(url.pathname);
  const { version } = definition;
  if (path.endsWith(version)) return path;
  // A base that stops before the version, on a host where that can only be an oversight.
  if (isHostOf(definition, url.hostname) && version.startsWith(`${path}/`)) return version;
  const isBare = section === 'vllm' || (definition.join === 'bare' && (section === 'provider' || path === ''));
  return isBare ? path + version : path;
}

/** A backend's paths are joined literally: base, then `chat_path` or `health_path`. */
function backendLayout(definition: ProviderDefinition, input: LayoutInput): Layout {
  const base = cleanPath(input.url.pathname);
  const [chatPath, query] = splitQuery(input.chatPath ?? defaultChatPath);
  const chat = backendChatPath(definition, input, base, chatPath);
  const isUsual = chat.endsWith(`/${openaiPaths.chat}`);
  const directory = isUsual ? chat.slice(0, -openaiPaths.chat.length - 1) : base;
  return {
    pathOf(operation, _upstreamModel, tail) {
      if (operation === 'chat') return chat + query;
      if (operation === 'proxy') return isPlainTail(tail) ? `${directory}/${tail}` : undefined;
      if (operation === 'count_tokens') return undefined;
      // What lies beside an unusual chat path is anybody's guess.
      return isUsual ? `${directory}/${tailOf(operation, tail)}${query}` : undefined;
    },
    proxyBase: directory,
    proxyQuery: query.slice(1),
    probePath: collapseVersion(`${base}${withSlash(input.healthPath ?? '/health')}`),
    root: base.endsWith(definition.version) ? base.slice(0, -definition.version.length) : base,
  };
}

function backendChatPath(definition: ProviderDefinition, input: LayoutInput, base: string, chatPath: string): string {
  const { version } = definition;
  if (chatPath === defaultChatPath && isHostOf(definition, input.url.hostname)) {
    const isEmpty = base === '' && definition.paths?.chat === undefined;
    if (isEmpty || base.endsWith(version)) return `${base === '' ? version : base}/${openaiPaths.chat}`;
  }
  return collapseVersion(base + withSlash(chatPath));
}

function splitQuery(path: string): [path: string, query: string] {
  const start = path.indexOf('?');
  return start === -1 ? [path, ''] : [path.slice(0, start), path.slice(start)];
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
