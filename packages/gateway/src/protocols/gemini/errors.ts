import type { GatewayError } from '../../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { errorReply, retryAfterSeconds } from '../error-reply.ts';
import type { ErrorReply } from '../protocol.ts';

/** One of the gateway's own errors as Google's APIs write theirs. */
export function encodeError(error: GatewayError): ErrorReply {
  return errorReply(error, errorBody(error), 'application/json; charset=UTF-8');
}

/**
 * The error in a stream that has begun. Google's libraries look for `error` in each event's data and throw. Those before
 * them, and other people's, take it for an answer without content, and as this wire has no terminator that they could
 * miss, half an answer for a whole one. What follows is for them: an event that is no answer fails where answers are
 * checked, and behind a comment it is a rest that cannot be read to those that know events by their first bytes.
 */
export function encodeErrorEvent(error: GatewayError): Buffer {
  return Buffer.from(`data: ${JSON.stringify(errorBody(error))}\r\n\r\n${BROKEN_OFF}`);
}

const BROKEN_OFF = ': broken off\r\ndata: "broken off"\r\n\r\n';

/** The error as the last element of a stream in one JSON array. */
export function encodeArrayError(error: GatewayError): Buffer {
  return Buffer.from(`,\r\n${JSON.stringify(errorBody(error))}]`);
}

/** Whether an upstream's error body is one of Google's: `status` tells it from those of others. */
export function isErrorBody(value: unknown): boolean {
  const error = isObject(value) ? value['error'] : undefined;
  return isObject(error) && typeof error['message'] === 'string' && typeof error['status'] === 'string';
}

function errorBody(error: GatewayError): JsonObject {
  const { status: code, message } = error;
  return {
    error: {
      code,
      message,
      status: statuses[code] ?? (code < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL'),
      details: details(error),
    },
  };
}

/** `google.rpc.Code` by HTTP status, as google/rpc/code.proto maps them; it has nothing of its own for 502. */
const statuses: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  408: 'DEADLINE_EXCEEDED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** What Google's libraries read beside the message: google/rpc/error_details.proto. */
function details({ kind, message, param, retryAfterMs }: GatewayError): readonly JsonObject[] {
  const list: JsonObject[] = [{ '@type': `${TYPE}ErrorInfo`, reason: kind.toUpperCase(), domain: 'llm-gateway' }];
  if (param !== undefined) {
    list.push({ '@type': `${TYPE}BadRequest`, fieldViolations: [{ field: param, description: message }] });
  }
  if (retryAfterMs !== undefined) {
    list.push({ '@type': `${TYPE}RetryInfo`, retryDelay: `${retryAfterSeconds(retryAfterMs)}s` });
  }
  return list;
}

const TYPE = 'type.googleapis.com/google.rpc.';
