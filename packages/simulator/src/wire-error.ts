import type { Endpoint } from './endpoint.ts';

/** What an error says; the wire's own words where a field is left out. */
export interface WireErrorFields {
  readonly message?: string;
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | number | null;
}

/** The body of an error, in the shape of the endpoint's wire: OpenAI's, or Anthropic's for `messages`. */
export function errorBody(endpoint: Endpoint, status: number, fields: WireErrorFields = {}): object {
  if (endpoint === 'messages') return anthropicError(status, fields);
  const [type, code, message] = known[status] ?? known[500];
  return { error: { message, type, param: null, code, ...fields } };
}

/** The event that tells an error inside a stream, in the shape of the endpoint's wire. */
export function errorEvent(endpoint: Endpoint, fields: WireErrorFields, sequenceNumber: number): string {
  if (endpoint === 'messages') return `event: error\ndata: ${JSON.stringify(anthropicError(529, fields))}\n\n`;
  const [type, code, message] = known[500];
  if (endpoint !== 'responses')
    return `data: ${JSON.stringify({ error: { message, type, param: null, code, ...fields } })}\n\n`;
  const { type: _, ...named } = fields;
  const data = { type: 'error', sequence_number: sequenceNumber, code: 'server_error', message, param: null, ...named };
  return `event: error\ndata: ${JSON.stringify(data)}\n\n`;
}

function anthropicError(status: number, { type, message }: WireErrorFields): object {
  const fallback = known[status] ?? known[500];
  return {
    type: 'error',
    error: { type: anthropicTypes[status] ?? type ?? 'api_error', message: message ?? fallback[2] },
  };
}

type Words = readonly [type: string, code: string | null, message: string];

const known: Readonly<Record<number, Words>> & { readonly 500: Words } = {
  400: ['invalid_request_error', null, 'The request is not valid.'],
  401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  402: ['insufficient_quota', 'insufficient_balance', 'Insufficient balance. Please add credits to your account.'],
  403: ['invalid_request_error', 'permission_denied', 'This key has no access to the model.'],
  404: ['invalid_request_error', 'model_not_found', 'The model does not exist or you do not have access to it.'],
  413: ['invalid_request_error', 'request_too_large', 'The request is too large.'],
  429: ['requests', 'rate_limit_exceeded', 'Rate limit reached for requests.'],
  500: ['server_error', null, 'The server had an error while processing your request.'],
  503: ['server_error', 'overloaded', 'The engine is currently overloaded. Please try again later.'],
};

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
};
