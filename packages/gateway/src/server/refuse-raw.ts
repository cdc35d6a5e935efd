import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayError } from '../canonical/gateway-error.ts';
import { encodeError } from '../protocols/openai-chat/errors.ts';
import { MAX_HEADER_BYTES, MAX_HEADERS } from './server-limits.ts';

/** Milliseconds in which a connection that is given up can take its last bytes and send what is dropped. */
const LAST_BYTES_MS = 1_000;

/** Connections that are given up. */
const ending = new WeakSet<Duplex>();

/** Answers bytes that are no request, and closes. A request before them still gets its reply. */
export function refuseRaw(socket: Duplex, error: GatewayError): void {
  const isFirst = !ending.has(socket);
  // Each further piece of the same rubbish comes here again, and so does its end.
  if (!isFirst && !socket.readableEnded) return;
  if (!isFirst || !socket.writable) {
    socket.destroy();
    return;
  }
  ending.add(socket);
  // node:http keeps the reply under way here.
  const { _httpMessage: reply } = socket as Duplex & { readonly _httpMessage?: ServerResponse | null };
  if (reply?.req.complete) {
    reply.shouldKeepAlive = false;
    reply.once('close', () => closeSoon(socket));
    return;
  }
  if (!reply?.headersSent) socket.write(rawReply(error));
  closeSoon(socket);
}

/** Closes once everything is written. Until the other side closes too, what it sends is dropped, but not for long. */
function closeSoon(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LAST_BYTES_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end();
}

function rawReply(error: GatewayError): string {
  const body = JSON.stringify(encodeError(error));
  return (
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Refused'}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}

/** What was wrong with bytes that node's parser refused. */
export function readClientError(error: NodeJS.ErrnoException): GatewayError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      // Later versions of node say the same of too many headers.
      return new GatewayError(
        'headers_too_large',
        `The request head is larger than ${MAX_HEADER_BYTES} bytes, or has more than ${MAX_HEADERS} headers.`,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('request_timeout', 'The request did not arrive in time.');
    default:
      return new GatewayError('invalid_request', 'The request is not valid HTTP/1.1.');
  }
}
