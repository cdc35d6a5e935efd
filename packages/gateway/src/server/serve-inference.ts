import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../canonical/gateway-error.ts';
import { Exchange } from '../exchange.ts';
import type { InboundBody } from '../inbound-body.ts';
import type { ReplySink } from '../relay/reply-sink.ts';
import type { RouteMatch } from './routes.ts';
import type { HttpServerParts, ServedRuntime } from './server-parts.ts';

export type InferenceMatch = Extract<RouteMatch, { kind: 'inference' }>;
/** What of a request's path an exchange is made from. */
export type ExchangeMatch = Pick<
  InferenceMatch,
  'operation' | 'protocol' | 'streamAsk' | 'pathModel' | 'tail' | 'query'
>;

/** The head of a request, whoever read it. */
export interface InboundHead {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values, alternating. */
  readonly rawHeaders: readonly string[];
  readonly peerAddress: string;
}

interface Opened<Match> {
  readonly head: InboundHead;
  readonly match: Match;
  readonly sink: ReplySink;
}

/** The exchange of a request for a model, entered among those under way. Throws GatewayError for a path that is not served. */
export function openInference(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  { head, match, sink }: Opened<InferenceMatch>,
): Exchange {
  const path = match.operation === 'proxy' ? proxyPath(runtime, match.tail) : undefined;
  const place = path === undefined ? match : { ...match, tail: path.path, query: path.query };
  const exchange = exchangeOf(parts, runtime, { head, match: place, sink });
  exchange.replyHeaders.push(...runtime.corsHeaders(head.headers.origin));
  parts.exchanges.add(exchange);
  parts.onArrival?.(exchange);
  return exchange;
}

/** Answers it. Never throws: a fault of the gateway's own is reported, and the reply cut. */
export function runInference(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  exchange: Exchange,
  body: InboundBody,
): void {
  runtime.inference(exchange, body).then(
    () => parts.exchanges.delete(exchange),
    (error: unknown) => {
      parts.exchanges.delete(exchange);
      parts.reportInternal(error);
      exchange.sink.cut();
    },
  );
}

/** A request as the policies see it. */
export function exchangeOf(
  parts: HttpServerParts,
  runtime: ServedRuntime,
  { head, match, sink }: Opened<ExchangeMatch>,
): Exchange {
  const { headers, peerAddress } = head;
  return new Exchange({
    id: parts.requestIds(headers['x-request-id']),
    clock: parts.clock,
    method: head.method,
    url: head.url,
    headers,
    rawHeaders: head.rawHeaders,
    operation: match.operation,
    protocol: match.protocol,
    streamAsk: match.streamAsk,
    pathModel: match.pathModel,
    tail: match.tail,
    query: match.query,
    clientAddress: runtime.clientAddress(peerAddress, headers['x-forwarded-for'] as string | undefined),
    peerAddress: runtime.clientAddress(peerAddress, undefined),
    sink,
  });
}

function proxyPath(runtime: ServedRuntime, tail: string): ReturnType<ServedRuntime['proxyTail']> {
  try {
    return runtime.proxyTail(tail);
  } catch (error) {
    throw error instanceof GatewayError ? error : new GatewayError('bad_path', 'The path is not served.');
  }
}
