import type { GatewayError } from '../../canonical/gateway-error.ts';
import { errorReply } from '../error-reply.ts';
import type { ErrorReply } from '../protocol.ts';

/**
 * One of the gateway's own errors as Cohere's clients read it: they take `message`; `error_type` is a word in capitals
 * where Cohere gives one (`TOO_MANY_TOKENS`).
 */
export function encodeError(error: GatewayError): ErrorReply {
  return errorReply(error, { error_type: error.code.toUpperCase(), message: error.message });
}

/**
 * The error in a stream that has begun: the `message-end` event has `error` for it (API reference, "Chat with
 * streaming"). No `[DONE]` follows.
 */
export function encodeErrorEvent(error: GatewayError): Buffer {
  const data = { type: 'message-end', delta: { error: error.message, finish_reason: 'ERROR' } };
  return Buffer.from(`event: message-end\ndata: ${JSON.stringify(data)}\n\n`);
}
