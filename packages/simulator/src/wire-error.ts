import { encodeEventMessage } from './answers/event-stream.ts';
import type { Endpoint } from './endpoint.ts';
import type { SimulatedRequest } from './simulated-request.ts';
import { wordsOf } from './wire-words.ts';
import { streamFormOf, wireOf } from './wires.ts';

/** What an error says; the wire's own words where a field is left out. */
export interface WireErrorFields {
  readonly message?: string;
  /** OpenAI's type; a Gemini status (`UNAVAILABLE`) or a Bedrock exception (`throttlingException`) on those wires. */
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | number | null;
}

/** The body of an error, in the shape of the endpoint's wire. `retryAfter` is told inside where a wire has a place for it. */
export function errorBody(
  endpoint: Endpoint,
  status: number,
  fields: WireErrorFields = {},
  retryAfter?: string,
): object {
  const wire = wireOf(endpoint);
  const { kind, code, message } = wordsOf(wire, status, fields.code);
  const said = fields.message ?? message;
  switch (wire) {
    case 'anthropic':
      return anthropicError(status, fields);
    case 'gemini':
      return geminiError(status, fields, retryAfter);
    case 'bedrock':
      return { message: said };
    case 'cohere':
      return { id: 'sim-error', message: said };
    case 'openai':
      return { error: { message, type: kind, param: null, code, ...fields } };
  }
}

/** The headers that belong to the body of an error. */
export function errorHeaders(
  endpoint: Endpoint,
  status: number,
  { type }: WireErrorFields = {},
): Readonly<Record<string, string>> {
  const headers = { 'content-type': 'application/json' };
  if (wireOf(endpoint) !== 'bedrock') return headers;
  const exception = isException(type) ? capitalised(type) : wordsOf('bedrock', status).kind;
  // The service writes a namespace after the name, which clients have to cut off.
  return { ...headers, 'x-amzn-errortype': `${exception}:http://internal.amazon.com/coral/com.amazon.bedrock/` };
}

/**
 * The event that tells an error inside a stream, in the shape and framing of the request's wire. `position` is the number
 * of events before it.
 */
export function errorEvent(request: SimulatedRequest, fields: WireErrorFields, position: number): Buffer {
  switch (wireOf(request.endpoint)) {
    case 'anthropic':
      return Buffer.from(`event: error\ndata: ${JSON.stringify(anthropicError(529, fields))}\n\n`);
    case 'gemini':
      return Buffer.from(geminiErrorEvent(request, fields, position));
    case 'bedrock':
      return bedrockException(fields);
    case 'cohere': {
      const delta = { error: fields.message ?? wordsOf('cohere', 500, fields.code).message, finish_reason: 'ERROR' };
      return Buffer.from(`event: message-end\ndata: ${JSON.stringify({ type: 'message-end', delta })}\n\n`);
    }
    case 'openai':
      return Buffer.from(openaiErrorEvent(request.endpoint, fields, position));
  }
}

function openaiErrorEvent(endpoint: Endpoint, fields: WireErrorFields, sequenceNumber: number): string {
  const { kind, code, message } = wordsOf('openai', 500, fields.code);
  if (endpoint !== 'responses')
    return `data: ${JSON.stringify({ error: { message, type: kind, param: null, code, ...fields } })}\n\n`;
  const { type: _, ...named } = fields;
  const data = { type: 'error', sequence_number: sequenceNumber, code: 'server_error', message, param: null, ...named };
  return `event: error\ndata: ${JSON.stringify(data)}\n\n`;
}

function anthropicError(status: number, { type, message, code }: WireErrorFields): object {
  const words = wordsOf('anthropic', status, code);
  // A status without a name of its own there takes the name given.
  const known = words.kind !== 'api_error' || status === 500;
  return {
    type: 'error',
    error: { type: known ? words.kind : (type ?? words.kind), message: message ?? words.message },
  };
}

function geminiError(status: number, fields: WireErrorFields, retryAfter?: string): object {
  const { kind, message } = wordsOf('gemini', status, fields.code);
  const error = {
    code: typeof fields.code === 'number' ? fields.code : status,
    message: fields.message ?? message,
    status: fields.type !== undefined && /^[A-Z_]+$/.test(fields.type) ? fields.type : kind,
  };
  if (retryAfter === undefined || !/^\d+$/.test(retryAfter)) return { error };
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` }];
  return { error: { ...error, details } };
}

function geminiErrorEvent(request: SimulatedRequest, fields: WireErrorFields, position: number): string {
  const error = geminiError(503, fields);
  if (streamFormOf(request) === 'sse') return `data: ${JSON.stringify(error)}\r\n\r\n`;
  return `${position === 0 ? '[' : ',\r\n'}${JSON.stringify(error, null, 2)}\n]`;
}

function bedrockException({ type, message, code }: WireErrorFields): Buffer {
  const exception = isException(type) ? `${type.charAt(0).toLowerCase()}${type.slice(1)}` : 'modelStreamErrorException';
  const said = message ?? wordsOf('bedrock', exceptionStatus[exception] ?? 424, code).message;
  return encodeEventMessage(
    { ':exception-type': exception, ':content-type': 'application/json', ':message-type': 'exception' },
    Buffer.from(JSON.stringify({ message: said })),
  );
}

const exceptionStatus: Readonly<Record<string, number>> = {
  internalServerException: 500,
  validationException: 400,
  throttlingException: 429,
  serviceUnavailableException: 503,
};

function isException(type: string | undefined): type is string {
  return type?.endsWith('Exception') === true;
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
