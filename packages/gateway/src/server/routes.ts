import { type ErrorKind, GatewayError } from '../canonical/gateway-error.ts';
import type { Operation } from '../canonical/operation.ts';

/** Pages of the gateway's own. */
export type Page = 'health' | 'live' | 'ready' | 'startup' | 'metrics' | 'models' | 'model';

/** What a method and a request target lead to. */
export type RouteMatch =
  | {
      readonly kind: 'inference';
      readonly operation: Operation;
      /** Model named in the path, decoded. */
      readonly pathModel: string | undefined;
      /** Path after `/v1/`, raw; for the generic proxy the raw rest after the model, query included. */
      readonly tail: string;
      readonly query: string;
    }
  | { readonly kind: 'page'; readonly page: Page; readonly parameter: string; readonly query: string }
  | { readonly kind: 'error'; readonly error: GatewayError; readonly allow: string | undefined };

const pages: Readonly<Record<string, Page>> = {
  '/': 'health',
  '/health': 'health',
  '/live': 'live',
  '/livez': 'live',
  '/healthz': 'live',
  '/health/live': 'live',
  '/ready': 'ready',
  '/readyz': 'ready',
  '/health/ready': 'ready',
  '/startup': 'startup',
  '/startupz': 'startup',
  '/health/startup': 'startup',
  '/metrics': 'metrics',
  '/v1/models': 'models',
};

const operationOf: Readonly<Record<string, Operation>> = {
  '/chat': 'chat',
  '/v1/chat/completions': 'chat',
  '/v1/completions': 'completions',
  '/v1/embeddings': 'embeddings',
  '/v1/responses': 'responses',
  '/v1/moderations': 'moderation',
  '/v1/rerank': 'rerank',
  '/v1/images/generations': 'images',
  '/v1/images/edits': 'images',
  '/v1/images/variations': 'images',
  '/v1/audio/speech': 'speech',
  '/v1/audio/transcriptions': 'transcription',
  '/v1/audio/translations': 'transcription',
};

/** First segments under /v1/ that are the gateway's own and therefore no model of the generic proxy. */
const reserved: ReadonlySet<string> = new Set(
  ['models', ...Object.keys(operationOf).map((path) => path.split('/')[2])].filter((name) => name !== undefined),
);

const SLASH = 0x2f;
const LONGEST_TARGET = 8_192;
const MODEL_PREFIX = '/v1/models/';
const CHAT_SUFFIX = '/chat/completions';

/**
 * Finds the route of a raw request target. Paths are matched undecoded; only a model's name is decoded. A whole URL, as
 * proxies are asked with and every server must understand, stands for its path: there is one gateway behind all names.
 */
export function matchRoute(method: string, requestTarget: string): RouteMatch {
  const target = requestTarget.charCodeAt(0) === SLASH ? requestTarget : pathOfUrl(requestTarget);
  if (target.charCodeAt(0) !== SLASH)
    return refuse('bad_path', 'The request target must be a path that begins with a slash.');
  if (target.length > LONGEST_TARGET)
    return refuse('bad_path', `The path is longer than ${LONGEST_TARGET} characters.`);
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  const operation = operationOf[path];
  if (operation !== undefined) {
    const tail = path === '/chat' ? 'chat/completions' : path.slice(4);
    return method === 'POST'
      ? { kind: 'inference', operation, pathModel: undefined, tail, query }
      : wrongMethod(path, 'POST');
  }
  const page = pages[path];
  if (page !== undefined) return matchPage(method, page, path, '', query);
  if (path.startsWith(MODEL_PREFIX)) return matchModel(method, path, query);
  if (path.startsWith('/v1/')) return matchProxy(method, target);
  return !path.startsWith('//')
    ? refuse(
        'not_found',
        `There is nothing at ${method} ${printable(path)}. See GET /v1/models and POST /v1/chat/completions.`,
      )
    : refuse('bad_path', 'The request target must be a path that begins with a single slash.');
}

/** Path and query of `http://host/path?query`; anything else is left as it is. */
function pathOfUrl(target: string): string {
  const origin = /^https?:\/\/[^/?#@\\]+(?=[/?]|$)/i.exec(target)?.[0];
  if (origin === undefined) return target;
  const rest = target.slice(origin.length);
  return rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
}

function matchPage(method: string, page: Page, path: string, parameter: string, query: string): RouteMatch {
  if (method !== 'GET' && method !== 'HEAD') return wrongMethod(path, 'GET, HEAD');
  return { kind: 'page', page, parameter, query };
}

/** `/v1/models/{id}` and `/v1/models/{id}/chat/completions`, where ids may hold slashes, encoded or not. */
function matchModel(method: string, path: string, query: string): RouteMatch {
  const isChat = path.endsWith(CHAT_SUFFIX);
  const raw = path.slice(MODEL_PREFIX.length, isChat ? -CHAT_SUFFIX.length : undefined);
  const model = decodeModel(raw);
  if (model === undefined) return refuse('bad_path', 'The model in the path is empty, too long or badly encoded.');
  if (!isChat) return matchPage(method, 'model', path, model, query);
  if (method !== 'POST') return wrongMethod(path, 'POST');
  return { kind: 'inference', operation: 'chat', pathModel: model, tail: 'chat/completions', query };
}

/** `/v1/{model}/{tail}`: anything else of a provider, forwarded. A model with slashes needs them as %2F. */
function matchProxy(method: string, target: string): RouteMatch {
  const end = target.indexOf('/', 4);
  const query = target.indexOf('?', 4);
  const path = query === -1 ? target : target.slice(0, query);
  if (end === -1 || end >= path.length) return refuse('not_found', `There is nothing at ${printable(path)}.`);
  const segment = target.slice(4, end);
  if (reserved.has(segment)) return refuse('not_found', `There is nothing at ${printable(path)}.`);
  const model = decodeModel(segment);
  if (model === undefined) return refuse('bad_path', 'The model in the path is empty, too long or badly encoded.');
  if (method === 'CONNECT' || method === 'TRACE') return wrongMethod(path, 'GET, POST, PUT, PATCH, DELETE');
  return { kind: 'inference', operation: 'proxy', pathModel: model, tail: target.slice(end), query: '' };
}

function decodeModel(raw: string): string | undefined {
  let model: string;
  try {
    model = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (
    model === '' ||
    model.length > 256 ||
    model.split('/').some((part) => part === '' || part === '.' || part === '..')
  ) {
    return undefined;
  }
  for (let index = 0; index < model.length; index++) {
    const code = model.charCodeAt(index);
    if (code < 32 || code === 127 || code === 92) return undefined;
  }
  return model;
}

function refuse(kind: ErrorKind, message: string): RouteMatch {
  return { kind: 'error', error: new GatewayError(kind, message), allow: undefined };
}

function wrongMethod(path: string, allow: string): RouteMatch {
  return {
    kind: 'error',
    error: new GatewayError('method_not_allowed', `Use ${allow} for ${printable(path)}.`),
    allow,
  };
}

/** A caller's path as it may stand in a message. */
function printable(path: string): string {
  return path.slice(0, 120).replace(/[^\x21-\x7e]/g, '?');
}
