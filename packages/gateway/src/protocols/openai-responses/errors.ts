import { errorKinds, type GatewayError } from '../../canonical/gateway-error.ts';

/**
 * The error as an event of a Responses stream that has begun: a named `error` event, as the API's own streams report one
 * (OpenAI API reference, "Streaming events", `error`).
 */
export function encodeResponsesErrorEvent(error: GatewayError): Buffer {
  const { code } = errorKinds[error.kind];
  const data = { type: 'error', code, message: error.message, param: error.param ?? null };
  return Buffer.from(`event: error\ndata: ${JSON.stringify(data)}\n\n`);
}
