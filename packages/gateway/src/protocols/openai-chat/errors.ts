import { errorKinds, type GatewayError } from '../../canonical/gateway-error.ts';

/** The OpenAI error envelope: what every OpenAI client library reads. */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** The envelope of one of the gateway's own errors. */
export function encodeError(error: GatewayError): OpenAiErrorBody {
  const { code, kind, message, param } = error;
  return { error: { message, type: errorKinds[kind].type, param: param ?? null, code } };
}

/**
 * The error as an event of a stream that has begun. It has no `event:` name, because OpenAI's own libraries refuse
 * named error frames on chat streams; they read `error` in the data.
 */
export function encodeErrorEvent(error: GatewayError): Buffer {
  return Buffer.from(`data: ${JSON.stringify(encodeError(error))}\n\n`);
}

/** Whether an upstream's error body is an OpenAI envelope already, and so can be passed on as it is. */
export function isOpenAiError(value: unknown): value is { error: { message: string } } {
  if (typeof value !== 'object' || value === null || !('error' in value)) return false;
  const error = value.error;
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}
