import { type ErrorKind, GatewayError } from '../canonical/gateway-error.ts';
import type { Operation } from '../canonical/operation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { StreamAsk } from '../exchange.ts';
import { modelPaths } from '../protocols/find-model-listing.ts';
import { usualProtocol } from '../protocols/find-protocol.ts';
import { type ClientPathMatch, clientPaths, matchClientPath } from '../protocols/match-client-path.ts';
import { type AdminMatch, matchAdmin } from './admin/admin-match.ts';
import { type ManagementMatch, matchManagement } from './management-routes.ts';
import { matchStoredResponse, type StoredMatch } from './stored-responses.ts';

/** Pages of the gateway's own. */
export type Page = 'health' | 'live' | 'ready' | 'startup' | 'metrics' | 'models' | 'model';

/** What a method and a request target lead to. */
export type RouteMatch =
  | {
      readonly kind: 'inference';
      readonly operation: Operation;
      /** Wire of the caller. */
      readonly protocol: ProtocolName;
      readonly streamAsk: StreamAsk;
      /** Model named in the path, decoded. */
      readonly pathModel: string | undefined;
      /** Path after `/v1/`, raw; for the generic proxy the raw rest after the model, query included. */
      readonly tail: string;
      readonly query: string;
    }
  | {
      readonly kind: 'page';
      readonly page: Page;
      /** Wire of the asker, as far as the path tells. */
      readonly protocol: ProtocolName;
      readonly parameter: string;
      readonly query: string;
    }
  | StoredMatch
  | ManagementMatch
  | AdminMatch
  | {
      readonly kind: 'error';
      readonly error: GatewayError;
      readonly allow: string | undefined;
      /** Wire of the asker, as far as the path tells. */
      readonly protocol: ProtocolName;
    };

type PageMatch = Extract<RouteMatch, { readonly kind: 'page' }>;

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
};

/** First segments under /v1/ that are the gateway's own and therefore no model of the generic proxy. */
const reserved: ReadonlySet<string> = new Set(
  Object.values(clientPaths)
    .flat()
    .filter(({ pattern }) => pattern.startsWith('/v1/'))
    .map(({ pattern }) => pattern.split('/')[2]!),
);

/** Errors of forwarded paths are told as OpenAI tells them: nothing is known of the caller. */
const forwarded = matchClientPath('/v1/chat/completions')!;

const SLASH = 0x2f;
const LONGEST_TARGET = 8_192;

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
  const client = matchClientPath(path);
  if (client !== undefined) return matchClient(method, path, query, client);
  const stored = matchStoredResponse(method, path, query);
  if (stored !== undefined) return 'kind' in stored ? stored : wrongMethod(path, stored.allow);
  const page = pages[path];
  if (page !== undefined) return matchPage(method, path, { page, protocol: usualProtocol, parameter: '', query });
  const models = matchModels(method, path, query);
  if (models !== undefined) return models;
  if (path.startsWith('/v1/')) return matchProxy(method, target);
  const management = matchManagement(method, path, query) ?? matchAdmin(path, query);
  if (management !== undefined) return management;
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

function matchPage(method: string, path: string, match: Omit<PageMatch, 'kind'>): RouteMatch {
  if (method !== 'GET' && method !== 'HEAD') return wrongMethod(path, 'GET, HEAD', match.protocol);
  return { kind: 'page', ...match };
}

function matchClient(method: string, path: string, query: string, client: ClientPathMatch): RouteMatch {
  const { operation, protocol, rawModel, tail } = client;
  const pathModel = rawModel === undefined ? undefined : decodeModel(rawModel);
  if (rawModel !== undefined && pathModel === undefined) return badModel(protocol);
  if (method !== 'POST') return wrongMethod(path, 'POST', protocol);
  return { kind: 'inference', operation, protocol, streamAsk: streamAskOf(client, query), pathModel, tail, query };
}

function streamAskOf({ stream }: ClientPathMatch, query: string): StreamAsk {
  if (stream === 'body' || stream === 'never') return stream;
  return stream === 'always' || new URLSearchParams(query).get('alt') === 'sse' ? 'frames' : 'array';
}

/** `/v1/models` and `/v1/models/{id}`, where ids may hold slashes, encoded or not; and where others ask for the same. */
function matchModels(method: string, path: string, query: string): RouteMatch | undefined {
  const known = modelPaths.find((models) => path === models.path || path.startsWith(`${models.path}/`));
  if (known === undefined) return undefined;
  const { protocol } = known;
  if (path === known.path) return matchPage(method, path, { page: 'models', protocol, parameter: '', query });
  const parameter = decodeModel(path.slice(known.path.length + 1));
  return parameter === undefined
    ? badModel(protocol)
    : matchPage(method, path, { page: 'model', protocol, parameter, query });
}

function badModel(protocol: ProtocolName): RouteMatch {
  return refuse('bad_path', 'The model in the path is empty, too long or badly encoded.', protocol);
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
  if (model === undefined) return badModel(forwarded.protocol);
  if (method === 'CONNECT' || method === 'TRACE') return wrongMethod(path, 'GET, POST, PUT, PATCH, DELETE');
  const tail = target.slice(end);
  const { protocol } = forwarded;
  return { kind: 'inference', operation: 'proxy', protocol, streamAsk: 'body', pathModel: model, tail, query: '' };
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

function refuse(kind: ErrorKind, message: string, protocol: ProtocolName = usualProtocol): RouteMatch {
  return { kind: 'error', error: new GatewayError(kind, message), allow: undefined, protocol };
}

function wrongMethod(path: string, allow: string, protocol: ProtocolName = usualProtocol): RouteMatch {
  const error = new GatewayError('method_not_allowed', `Use ${allow} for ${printable(path)}.`);
  return { kind: 'error', error, allow, protocol };
}

/** A caller's path as it may stand in a message. */
function printable(path: string): string {
  return path.slice(0, 120).replace(/[^\x21-\x7e]/g, '?');
}
