import type { LedgerEntry } from './canonical/exchange.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { cancelError, type Exchange } from './exchange.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import { failureError, replyToFailure } from './relay/failure-reply.ts';
import { addReplyTrail } from './reply-trail.ts';
import type { Failure } from './resilience/failure.ts';

/** What the end of an exchange that did not go well needs. */
export interface EndParts {
  /** Headers on every reply of an exchange. */
  readonly securityHeaders: (exchange: Exchange) => readonly string[];
  readonly scrub: (text: string) => string;
  readonly reportInternal: (error: unknown, exchange: Exchange) => void;
  /** Told of everything that an exchange is refused with, before the caller is. */
  readonly reportRefusal: (error: GatewayError, exchange: Exchange) => void;
}

/** The answer broke after its first byte: say so in band, and end without anything that looks like an end. */
export function breakOff(exchange: Exchange, failure: Failure): LedgerEntry['outcome'] {
  if (exchange.cancelReason === 'client_closed') return leave(exchange);
  const cancelled = exchange.cancelReason ? cancelError(exchange.cancelReason) : undefined;
  exchange.failure = cancelled?.kind ?? failure.kind;
  tellBreak(exchange, cancelled ?? failureError(failure));
  return 'failed';
}

/** No attempt succeeded: the caller gets the last failure. */
export function replyFailed(parts: EndParts, exchange: Exchange, failure: Failure): LedgerEntry['outcome'] {
  const isOwnWire = exchange.upstreamProtocol === undefined || exchange.upstreamProtocol === exchange.protocol;
  const reply = replyToFailure(withSoonest(exchange, failure), {
    scrub: parts.scrub,
    isOwnWire,
    protocol: exchange.protocol,
  });
  exchange.failure = failure.kind;
  if (reply.kind === 'gateway') {
    sendError(parts, exchange, reply.error);
    return 'failed';
  }
  const headers = ['content-type', reply.contentType, 'content-length', String(reply.body.length)];
  send(parts, exchange, reply.status, headers, reply.body);
  return 'failed';
}

/** Of several targets whose limits are spent, the caller is told when the first of them may be asked. */
function withSoonest({ clock, limitFreeAt }: Exchange, failure: Failure): Failure {
  if (failure.kind !== 'limit_spent' || limitFreeAt === undefined) return failure;
  return { ...failure, retryAfterMs: Math.max(0, Math.round(limitFreeAt - clock.now())) };
}

/** An error thrown on the way: the gateway's own refusals, and faults of its own that must not pass for anything else. */
export function refuse(parts: EndParts, exchange: Exchange, thrown: unknown): LedgerEntry['outcome'] {
  const isClientGone = exchange.cancelReason === 'client_closed';
  if (isClientGone || (thrown instanceof GatewayError && thrown.kind === 'client_closed')) return leave(exchange);
  let error: GatewayError;
  if (thrown instanceof GatewayError) {
    error = thrown;
    parts.reportRefusal(error, exchange);
  } else {
    parts.reportInternal(thrown, exchange);
    error = new GatewayError('internal', 'The gateway failed; its log has the reason under this request id.');
  }
  exchange.failure = error.kind;
  if (exchange.isCommitted) {
    tellBreak(exchange, error);
    return 'failed';
  }
  sendError(parts, exchange, error);
  return error.status >= 500 ? 'failed' : 'rejected';
}

function leave(exchange: Exchange): LedgerEntry['outcome'] {
  exchange.status = 499;
  exchange.failure = 'client_closed';
  exchange.sink.cut();
  return 'client_closed';
}

function tellBreak(exchange: Exchange, error: GatewayError): void {
  if (exchange.facts.stream) exchange.sink.end(inBandError(exchange, error));
  else exchange.sink.cut();
}

function inBandError({ protocol, streamAsk }: Exchange, error: GatewayError): Buffer {
  const { client } = findProtocol(protocol);
  const inArray = streamAsk === 'array' ? client.encodeArrayError : undefined;
  return (inArray ?? client.encodeErrorEvent)(error);
}

function sendError(parts: EndParts, exchange: Exchange, error: GatewayError): void {
  const { status, contentType, body, headers: added } = findProtocol(exchange.protocol).client.encodeError(error);
  const headers = ['content-type', contentType, 'content-length', String(body.length), ...added];
  // The rest of a body that is too large is not worth reading.
  if (error.kind === 'payload_too_large') headers.push('connection', 'close');
  send(parts, exchange, status, headers, body);
}

function send(parts: EndParts, exchange: Exchange, status: number, headers: string[], body: Buffer): void {
  exchange.status = status;
  headers.push(...parts.securityHeaders(exchange));
  addReplyTrail(exchange, headers);
  exchange.sink.head(status, headers);
  exchange.sink.end(body);
}
