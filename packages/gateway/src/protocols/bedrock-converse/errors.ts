import type { GatewayError } from '../../canonical/gateway-error.ts';
import { createFrameEncoder } from '../../framing/aws-event-stream.ts';
import { errorReply } from '../error-reply.ts';
import type { ErrorReply } from '../protocol.ts';

/** Exceptions of Converse by the status that they stand for; AWS's clients know errors by these names. */
const exceptions: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'UnrecognizedClientException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  502: 'ModelErrorException',
  503: 'ServiceUnavailableException',
  504: 'ModelTimeoutException',
  529: 'ServiceUnavailableException',
};

/** An error as AWS answers it: the type in a header, the message in the body. */
export function encodeError(error: GatewayError): ErrorReply {
  const { status, message } = error;
  const type = exceptions[status] ?? (status < 500 ? 'ValidationException' : 'InternalServerException');
  const reply = errorReply(error, { message });
  return { ...reply, headers: ['x-amzn-ErrorType', type, ...reply.headers] };
}

/** The exceptions that a stream may hold, by status; clients take any other for an unknown one. */
const streamExceptions: Readonly<Record<number, string>> = {
  429: 'throttlingException',
  500: 'internalServerException',
  502: 'modelStreamErrorException',
  503: 'serviceUnavailableException',
  504: 'modelStreamErrorException',
  529: 'serviceUnavailableException',
};

/** The error as a frame of a stream that has begun; clients throw it. */
export function encodeErrorEvent({ status, message }: GatewayError): Buffer {
  const type = streamExceptions[status] ?? (status < 500 ? 'validationException' : 'internalServerException');
  const encode = createFrameEncoder({
    ':exception-type': type,
    ':content-type': 'application/json',
    ':message-type': 'exception',
  });
  return encode(JSON.stringify({ message }));
}
