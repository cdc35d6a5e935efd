import type { GatewayError } from '../canonical/gateway-error.ts';
import type { ErrorReply } from './protocol.ts';

/** An error as a JSON reply, with how long to wait where that is known (RFC 9110, section 10.2.3). */
export function errorReply(error: GatewayError, body: object, contentType = 'application/json'): ErrorReply {
  const { retryAfterMs } = error;
  const wait = retryAfterMs === undefined ? [] : ['retry-after', String(retryAfterSeconds(retryAfterMs))];
  const headers = [...Object.entries(error.headers).flat(), ...wait];
  return { status: error.status, contentType, body: Buffer.from(JSON.stringify(body)), headers };
}

/** Whole seconds, never too few and never none. */
export function retryAfterSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}
