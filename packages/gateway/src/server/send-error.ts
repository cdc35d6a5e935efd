import type { ServerResponse } from 'node:http';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { usualProtocol } from '../protocols/find-protocol.ts';
import { sendJson, sendPageError } from './pages.ts';

/** An error about a request of which nothing is known but that it was refused, and perhaps the wire of who asked. */
export function sendError(
  response: ServerResponse,
  error: GatewayError,
  headers: readonly string[] = [],
  protocol: ProtocolName = usualProtocol,
): void {
  // A body that was not read would be taken for the next request.
  sendPageError(protocol, error, response, [...headers, 'connection', 'close']);
}

/** A refusal that is no error of the table: it speaks of the connection, and an API's client never sees it. */
export function sendRefusal(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: readonly string[] = [],
): void {
  const error = { message, type: 'invalid_request_error', param: null, code };
  sendJson(response, status, { error }, [...headers, 'connection', 'close']);
}

/** What a fault of the gateway itself is told as. */
export function internalError(): GatewayError {
  return new GatewayError('internal', 'The gateway failed; its log has the reason.');
}
