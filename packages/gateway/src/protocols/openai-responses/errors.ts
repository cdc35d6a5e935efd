import { errorKinds, type GatewayError } from '../../canonical/gateway-error.ts';
import { errorReply } from '../error-reply.ts';
import type { ErrorReply } from '../protocol.ts';

/** The error as the reply to a request: OpenAI's envelope, as on all its APIs. */
export function encodeError(error: GatewayError): ErrorReply {
  return errorReply(error, { error: detailsOf(error) });
}

/**
 * The error at the end of a stream that has begun: `error`, then `response.failed`, as OpenAI's own streams have both. The
 * client libraries of OpenAI throw on the first; Codex knows the second only, and reports its message. The members of
 * `error` stand flat, as the reference has them, and within `error`, where the service puts them and the `ai` package
 * looks for them. The number of the events before is not known here; nothing depends on it.
 */
export function encodeErrorEvent(error: GatewayError): Buffer {
  const details = detailsOf(error);
  const { message, code, param } = details;
  const first = { type: 'error', sequence_number: 0, code, message, param, error: details };
  const response = { object: 'response', status: 'failed', error: { code, message }, output: [], usage: null };
  const second = { type: 'response.failed', sequence_number: 1, response };
  return Buffer.from(
    `event: error\ndata: ${JSON.stringify(first)}\n\nevent: response.failed\ndata: ${JSON.stringify(second)}\n\n`,
  );
}

/** OpenAI's error object. */
function detailsOf({ kind, message, param, code }: GatewayError) {
  return { message, type: errorKinds[kind].type, param: param ?? null, code };
}
