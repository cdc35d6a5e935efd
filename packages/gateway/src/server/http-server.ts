import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { Exchange } from '../exchange.ts';
import { pageProtocol } from '../protocols/find-model-listing.ts';
import type { AdminMatch } from './admin/admin-match.ts';
import { ClientReply } from './client-reply.ts';
import { type ManagementMatch, unstored } from './management-routes.ts';
import { endIdleConnections } from './open-connections.ts';
import { sendPageError, servePage } from './pages.ts';
import { servePlainFirst } from './plain-first.ts';
import { readClientError, refuseRaw } from './refuse-raw.ts';
import { RequestBody } from './request-body.ts';
import { findHeadFault } from './request-head.ts';
import { matchRoute, type RouteMatch } from './routes.ts';
import { internalError, sendError, sendRefusal } from './send-error.ts';
import {
  type ExchangeMatch,
  exchangeOf,
  type InboundHead,
  type InferenceMatch,
  openInference,
  runInference,
} from './serve-inference.ts';
import {
  HEADERS_MS,
  KEEP_ALIVE_MS,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  REQUEST_MS,
  SOCKET_BUFFER_BYTES,
} from './server-limits.ts';
import type { HttpServerParts, ServedRuntime } from './server-parts.ts';
import { type StoredMatch, serveStoredResponse } from './stored-responses.ts';

/** The inbound side over node:http: routes, exchanges, and an answer to everything that is no request at all. */
export function createHttpServer(parts: HttpServerParts): Server {
  const server = createServer({
    keepAlive: true,
    noDelay: true,
    highWaterMark: SOCKET_BUFFER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    // Missed with a reply of our own, see findHeadFault.
    requireHostHeader: false,
  });
  server.maxConnections = parts.maxConnections;
  endIdleConnections(server, KEEP_ALIVE_MS);
  // One more than is accepted, so that a head with too many is known for one.
  server.maxHeadersCount = MAX_HEADERS + 1;
  // With nobody listening for `upgrade`, an offer to change to HTTP/2 is passed over and the request served as it is.
  server.on('request', (request, response) => handle(parts, request, response, new RequestBody(request)));
  server.on('checkContinue', (request, response) => {
    const { shouldKeepAlive } = response;
    // A body that is not asked for may come all the same, and would be taken for the next request.
    response.shouldKeepAlive = false;
    const askForBody = (): void => {
      response.shouldKeepAlive = shouldKeepAlive && !parts.isDraining();
      response.writeContinue();
    };
    handle(parts, request, response, new RequestBody(request, askForBody));
  });
  server.on('checkExpectation', (_request, response) => {
    sendRefusal(response, 417, 'expectation_failed', 'The only expectation that can be met is 100-continue.');
  });
  server.on('connect', (_request, socket) =>
    refuseRaw(socket, new GatewayError('method_not_allowed', 'CONNECT is not served.')),
  );
  server.on('clientError', (error, socket) => refuseRaw(socket, readClientError(error)));
  servePlainFirst(server, parts);
  return server;
}

function handle(parts: HttpServerParts, request: IncomingMessage, response: ServerResponse, body: RequestBody): void {
  const fault = findHeadFault(request);
  if (fault) {
    sendError(response, fault);
    return;
  }
  if (request.headers.upgrade?.toLowerCase() === 'websocket') {
    const message = 'WebSockets are not served; send the request over plain HTTP.';
    sendRefusal(response, 426, 'upgrade_required', message, ['upgrade', 'HTTP/1.1']);
    return;
  }
  const runtime = parts.runtime();
  if (parts.isDraining()) response.shouldKeepAlive = false;
  const { method = 'GET', url = '/' } = request;
  const match = matchRoute(method, url);
  if (match.kind === 'inference') {
    infer(parts, runtime, request, response, match, body);
    return;
  }
  const isKnown = match.kind !== 'error' || match.allow !== undefined || url === '*';
  if (method === 'OPTIONS' && isKnown) {
    const allow = match.kind === 'error' && match.allow !== undefined ? ['allow', `${match.allow}, OPTIONS`] : [];
    response.writeHead(204, [...allow, ...runtime.corsHeaders(request.headers.origin)]).end();
  } else if (match.kind === 'page') {
    void page(parts, runtime, request, response, match);
  } else if (match.kind === 'stored') {
    void storedResponse(parts, runtime, request, response, match);
  } else if (match.kind === 'management' || match.kind === 'admin') {
    void management(parts, runtime, request, response, match, body);
  } else {
    const headers = match.allow === undefined ? [] : ['allow', match.allow];
    sendError(response, match.error, headers, match.protocol);
  }
}

type PageMatch = Extract<RouteMatch, { kind: 'page' }>;

function infer(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  request: IncomingMessage,
  response: ServerResponse,
  match: InferenceMatch,
  body: RequestBody,
): void {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, [...runtime.corsHeaders(request.headers.origin)]).end();
    return;
  }
  let exchange: Exchange;
  try {
    exchange = openInference(parts, runtime, { head: headOf(request), match, sink: new ClientReply(response) });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    sendError(response, error);
    return;
  }
  response.on('close', () => {
    if (!response.writableFinished) exchange.cancel('client_closed');
    else if (parts.isDraining()) request.socket.destroySoon();
  });
  runInference(parts, runtime, exchange, body);
}

function openExchange(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  request: IncomingMessage,
  response: ServerResponse,
  match: ExchangeMatch,
): Exchange {
  return exchangeOf(parts, runtime, { head: headOf(request), match, sink: new ClientReply(response) });
}

function headOf(request: IncomingMessage): InboundHead {
  const { headers, method = 'GET', rawHeaders, socket, url = '/' } = request;
  return { method, url, headers, rawHeaders, peerAddress: socket.remoteAddress ?? '' };
}

/** A page as the policies that guard it see it. */
const pageFacts = {
  operation: 'proxy',
  streamAsk: 'never',
  pathModel: undefined,
  tail: '',
} as const;

const unguarded: ReadonlySet<string> = new Set(['health', 'live', 'ready', 'startup', 'metrics']);

async function page(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  request: IncomingMessage,
  response: ServerResponse,
  match: PageMatch,
): Promise<void> {
  const headers = [...runtime.pageHeaders, ...runtime.corsHeaders(request.headers.origin)];
  const protocol = pageProtocol(match.protocol, request.headers);
  await answer(parts, request, response, { protocol, headers }, async () => {
    const exchange = openExchange(parts, runtime, request, response, { ...pageFacts, protocol, query: match.query });
    if (!unguarded.has(match.page)) await runtime.guardPage(exchange);
    const mayUse = (model: string): boolean => runtime.mayList(exchange.principal, model);
    await servePage(parts.pages, { ...match, protocol, headers, mayUse }, response);
  });
}

async function management(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  request: IncomingMessage,
  response: ServerResponse,
  match: ManagementMatch | AdminMatch,
  body: RequestBody,
): Promise<void> {
  const headers = unstored(runtime.pageHeaders);
  const { protocol, query } = match;
  await answer(parts, request, response, { protocol, headers }, async () => {
    const exchange = openExchange(parts, runtime, request, response, { ...pageFacts, protocol, query });
    await runtime.guardManagement(exchange);
    if (match.kind === 'admin') await parts.admin({ match, exchange, body, headers }, response);
    else await parts.management({ match, exchange, body, headers }, response);
  });
}

/** A response that was made before, as the policies that guard it see the request. */
const storedFacts = { operation: 'responses', streamAsk: 'never', pathModel: undefined, tail: '' } as const;

async function storedResponse(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  request: IncomingMessage,
  response: ServerResponse,
  match: StoredMatch,
): Promise<void> {
  const headers = [...runtime.pageHeaders, ...runtime.corsHeaders(request.headers.origin)];
  const { protocol, query } = match;
  await answer(parts, request, response, { protocol, headers }, async () => {
    const exchange = openExchange(parts, runtime, request, response, { ...storedFacts, protocol, query });
    await runtime.guardStored(exchange);
    const { principal, replyHeaders } = exchange;
    const reply = { match, owner: principal.identity, headers: [...headers, ...replyHeaders] };
    await serveStoredResponse(parts.responses, reply, response);
  });
}

/** Does what answers a request that is none for a model; what it throws becomes an error in the asker's words. */
async function answer(
  parts: HttpServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  { protocol, headers }: { readonly protocol: ProtocolName; readonly headers: readonly string[] },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
    // A stop that was asked meanwhile would wait for the next request.
    if (parts.isDraining()) request.socket.destroySoon();
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) parts.reportInternal(thrown);
    const error = thrown instanceof GatewayError ? thrown : internalError();
    // A body that was not read would be taken for the next request.
    sendPageError(protocol, error, response, [...headers, 'connection', 'close']);
  }
}
