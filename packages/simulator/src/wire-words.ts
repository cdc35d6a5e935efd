import type { Wire } from './wires.ts';

/** What a provider calls an error, and what it says about it. */
export interface ErrorWords {
  readonly kind: string;
  readonly code: string | null;
  readonly message: string;
}

/** The words of a wire for a status, or for one of OpenAI's error codes where the wire has words of its own for it. */
export function wordsOf(wire: Wire, status: number, code?: string | number | null): ErrorWords {
  const [kind, ownCode, message] = tables[wire][status] ?? tables[wire][500];
  const coded = typeof code === 'string' ? codes[code]?.[wire] : undefined;
  return { kind, code: ownCode, message: coded ?? message };
}

type Words = readonly [kind: string, code: string | null, message: string];
type Table = Readonly<Record<number, Words>> & { readonly 500: Words };

const openai: Table = {
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

const anthropic: Table = {
  400: ['invalid_request_error', null, openai[400]![2]],
  401: ['authentication_error', null, openai[401]![2]],
  402: ['billing_error', null, openai[402]![2]],
  403: ['permission_error', null, openai[403]![2]],
  404: ['not_found_error', null, openai[404]![2]],
  413: ['request_too_large', null, openai[413]![2]],
  429: ['rate_limit_error', null, openai[429]![2]],
  500: ['api_error', null, openai[500][2]],
  503: ['overloaded_error', null, openai[503]![2]],
  529: ['overloaded_error', null, openai[500][2]],
};

const gemini: Table = {
  400: ['INVALID_ARGUMENT', null, 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', null, 'Request had invalid authentication credentials.'],
  402: ['FAILED_PRECONDITION', null, 'This API method requires billing to be enabled.'],
  403: ['PERMISSION_DENIED', null, 'The caller does not have permission'],
  404: ['NOT_FOUND', null, 'The model is not found for this API version, or is not supported for this method.'],
  408: ['DEADLINE_EXCEEDED', null, 'The deadline expired before the operation could complete.'],
  409: ['ABORTED', null, 'The operation was aborted.'],
  413: ['INVALID_ARGUMENT', null, 'Request payload size exceeds the limit.'],
  429: ['RESOURCE_EXHAUSTED', null, 'Resource has been exhausted (e.g. check quota).'],
  499: ['CANCELLED', null, 'The operation was cancelled.'],
  500: ['INTERNAL', null, 'An internal error has occurred.'],
  501: ['UNIMPLEMENTED', null, 'This method is not served here.'],
  503: ['UNAVAILABLE', null, 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', null, 'Deadline expired before operation could complete.'],
};

const bedrock: Table = {
  400: ['ValidationException', null, 'The provided request is not valid.'],
  401: ['UnrecognizedClientException', null, 'The security token included in the request is invalid.'],
  402: ['AccessDeniedException', null, 'Model access is denied due to a payment instrument that is not valid.'],
  403: ['AccessDeniedException', null, "You don't have access to the model with the specified model ID."],
  404: [
    'ResourceNotFoundException',
    null,
    'Could not resolve the foundation model from the provided model identifier.',
  ],
  408: ['ModelTimeoutException', null, 'Model has timed out in processing the request. Try your request again.'],
  413: ['ValidationException', null, 'The request is too large.'],
  424: ['ModelErrorException', null, 'The model encountered an error while processing the request.'],
  429: ['ThrottlingException', null, 'Too many requests, please wait before trying again.'],
  500: ['InternalServerException', null, 'The system encountered an unexpected error during processing.'],
  503: ['ServiceUnavailableException', null, 'Bedrock is unable to process your request.'],
};

const cohere: Table = {
  400: ['invalid request', null, 'invalid request: the request is not valid.'],
  401: ['unauthorized', null, 'invalid api token'],
  402: ['payment required', null, 'Please add or update your payment method to continue.'],
  403: ['forbidden', null, 'This key has no access to the model.'],
  404: ['not found', null, 'model not found, make sure the correct model ID was used and that you have access to it.'],
  413: ['too large', null, 'The request is too large.'],
  422: ['unprocessable', null, 'The request could not be processed.'],
  429: ['too many requests', null, 'Rate limit reached. Please wait and try again later.'],
  500: ['internal error', null, 'internal server error, this has been reported to our developers.'],
  503: ['unavailable', null, 'The service is temporarily unavailable. Please try again later.'],
};

const tables: Readonly<Record<Wire, Table>> = { openai, anthropic, gemini, bedrock, cohere };

// A status alone does not tell these apart; clients go by the code where there is one, by the words elsewhere.
const codes: Readonly<Record<string, Readonly<Record<Wire, string>>>> = {
  context_length_exceeded: {
    openai: "This model's maximum context length is 8192 tokens.",
    anthropic: 'prompt is too long: 9000 tokens > 8192 maximum',
    gemini: 'The input token count (9000) exceeds the maximum number of tokens allowed (8192).',
    bedrock: 'Input is too long for requested model.',
    cohere: 'too many tokens: size limit exceeded by 808 tokens. Try using shorter or fewer inputs.',
  },
  content_policy_violation: {
    openai: 'Your request was rejected by our safety system.',
    anthropic: 'Output blocked by content filtering policy',
    gemini: 'The prompt was blocked by the safety settings.',
    bedrock: 'The model returned the following errors: Output blocked by content filtering policy',
    cohere: 'The request was blocked by the content filter.',
  },
  insufficient_quota: {
    openai: 'You exceeded your current quota, please check your plan and billing details.',
    anthropic: 'Your credit balance is too low to access the API.',
    gemini: 'You exceeded your current quota, please check your plan and billing details.',
    bedrock: 'Too many tokens per day, please wait before trying again.',
    cohere: 'You are past the per month request limit for this key.',
  },
  billing_not_active: {
    openai: 'Your account is not active, please check your billing details.',
    anthropic: 'Your account is not active, please check your billing details.',
    gemini: 'This API method requires billing to be enabled. Please enable billing on the project, then retry.',
    bedrock: 'Model access is denied due to INVALID_PAYMENT_INSTRUMENT: A valid payment instrument must be provided.',
    cohere: 'Your account is not active, please check your billing details.',
  },
};
