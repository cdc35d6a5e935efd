import type { GatewayError } from '../../canonical/gateway-error.ts';
import { isObject } from '../../canonical/json.ts';
import { errorReply } from '../error-reply.ts';
import type { ErrorReply } from '../protocol.ts';

/** Error words of the wire by status; its clients retry by status, and show the word. */
const typeByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** A whole reply with one of the gateway's own errors. */
export function encodeError(error: GatewayError): ErrorReply {
  return errorReply(error, errorBody(error));
}

/** Whether a body is an error of this wire, which its clients can read as it is. */
export function isErrorBody(value: unknown): boolean {
  return isObject(value) && value['type'] === 'error' && isObject(value['error']);
}

/** The error as the last event of a stream that has begun. */
export function encodeErrorEvent(error: GatewayError): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(errorBody(error))}\n\n`);
}

function errorBody({ status, message }: GatewayError): object {
  const type = typeByStatus[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message } };
}
