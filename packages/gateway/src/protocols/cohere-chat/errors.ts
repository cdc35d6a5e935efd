import type { GatewayError } from '../../canonical/gateway-error.ts';
import type { ErrorReply } from '../protocol.ts';

/**
 * One of the gateway's own errors as Cohere's clients read it: they take `message`; `error_type` is a word in capitals
 * where Cohere gives one (`TOO_MANY_TOKENS`).
 */
export function encodeError(error: GatewayError): ErrorReply {
  const headers = Object.entries(error.headers).flat();
  if (error.retryAfterMs !== undefined) {
    headers.push('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  }
  const body = { error_type: error.code.toUpperCase(), message: error.message };
  return { status: error.status, contentType: 'application/json', body: Buffer.from(JSON.stringify(body)), headers };
}

/**
 * The error in a stream that has begun: the `message-end` event has `error` for it (API reference, "Chat with
 * streaming"). No `[DONE]` follows.
 */
export function encodeErrorEvent(error: GatewayError): Buffer {
  const data = { type: 'message-end', delta: { error: error.message, finish_reason: 'ERROR' } };
  return Buffer.from(`event: message-end\ndata: ${JSON.stringify(data)}\n\n`);
}
