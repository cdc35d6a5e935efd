import type { FailureKind } from './failure.ts';

export interface ErrorSample {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly kind: FailureKind;
  readonly retryAfterMs?: number;
}

const nested = (message: string, type: string, code: string | number | null = null) => ({
  error: { message, type, param: null, code },
});
const typed = (type: string, message: string) => ({ type: 'error', error: { type, message } });
const statused = (code: number, status: string, message: string, details: unknown[] = []) => ({
  error: { code, message, status, details },
});

/** Error bodies in the shapes that providers document, with the kind that each stands for. */
export const errorSamples: readonly ErrorSample[] = [
  {
    name: 'limit of requests, with header',
    status: 429,
    body: nested(
      'Rate limit reached for requests. Add a payment method at /account/billing.',
      'requests',
      'rate_limit_exceeded',
    ),
    headers: { 'retry-after': '2' },
    kind: 'rate_limited',
    retryAfterMs: 2000,
  },
  {
    name: 'limit of tokens, with reset headers',
    status: 429,
    body: nested('Rate limit reached on tokens per min (TPM)', 'tokens', 'rate_limit_exceeded'),
    headers: {
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-tokens': '6m0s',
      'x-ratelimit-remaining-tokens': '0',
    },
    kind: 'rate_limited',
    retryAfterMs: 360_000,
  },
  {
    name: 'quota with the status of a rate limit',
    status: 429,
    body: nested(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
    kind: 'quota_exhausted',
  },
  {
    name: 'rate limit worded as a quota, with a wait in its details',
    status: 429,
    body: statused(
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota, please check your plan and billing details.',
      [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }],
    ),
    kind: 'rate_limited',
    retryAfterMs: 34_500,
  },
  {
    name: 'the same as an array',
    status: 429,
    body: [statused(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted', [{ retryDelay: '3s' }])],
    kind: 'rate_limited',
    retryAfterMs: 3000,
  },
  {
    name: 'credits depleted',
    status: 429,
    body: statused(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'),
    kind: 'quota_exhausted',
  },
  {
    name: 'spending limit',
    status: 429,
    body: {
      code: 'Some resource has been exhausted',
      error: 'Your team has either used all available credits or reached its monthly spending limit.',
    },
    kind: 'quota_exhausted',
  },
  {
    name: 'engine overloaded as 429',
    status: 429,
    body: nested('The engine is currently overloaded, please try again later', 'engine_overloaded_error'),
    kind: 'overloaded',
  },
  {
    name: 'larger than the limit itself',
    status: 429,
    body: nested(
      'Request too large for m in organization o on tokens per min (TPM): Limit 10000, Requested 12000.',
      'tokens',
      'rate_limit_exceeded',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'the same as 413',
    status: 413,
    body: nested('Request too large for model m', 'tokens', 'rate_limit_exceeded'),
    kind: 'context_exceeded',
  },
  {
    name: 'throttled, named in a header',
    status: 400,
    body: { message: 'Too many requests, please wait.' },
    headers: { 'x-amzn-errortype': 'ThrottlingException:http://internal/' },
    kind: 'rate_limited',
  },
  { name: 'plain 429 without a body', status: 429, body: '', kind: 'rate_limited' },
  {
    name: 'deployment limit',
    status: 429,
    body: { error: { code: 'RateLimitReached', message: 'Your requests have exceeded rate limit.' } },
    headers: { 'retry-after-ms': '1500', 'retry-after': '2' },
    kind: 'rate_limited',
    retryAfterMs: 1500,
  },
  {
    name: '402',
    status: 402,
    body: { error: { message: 'Insufficient credits.', code: 402 } },
    kind: 'quota_exhausted',
  },
  {
    name: '402 insufficient balance',
    status: 402,
    body: nested('Insufficient Balance', 'unknown_error', 'invalid_request_error'),
    kind: 'quota_exhausted',
  },
  {
    name: 'credit balance as 400',
    status: 400,
    body: typed(
      'invalid_request_error',
      'Your credit balance is too low to access the API. Please go to Plans & Billing.',
    ),
    kind: 'quota_exhausted',
  },
  {
    name: 'usage limit as 400',
    status: 400,
    body: typed(
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2030-01-01.',
    ),
    kind: 'quota_exhausted',
  },
  {
    name: 'billing as 403',
    status: 403,
    body: statused(403, 'PERMISSION_DENIED', 'This API method requires billing to be enabled.', [
      { reason: 'BILLING_DISABLED' },
    ]),
    kind: 'quota_exhausted',
  },
  {
    name: 'arrears as 400',
    status: 400,
    body: { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' },
    kind: 'quota_exhausted',
  },
  {
    name: 'user quota as 500',
    status: 500,
    body: nested('user quota is not enough', 'new_api_error', 'insufficient_user_quota'),
    kind: 'quota_exhausted',
  },
  {
    name: 'wrong key',
    status: 401,
    body: nested('Incorrect API key provided: sk-abc***xyz.', 'invalid_request_error', 'invalid_api_key'),
    kind: 'credential_refused',
  },
  {
    name: 'wrong key, typed',
    status: 401,
    body: typed('authentication_error', 'invalid x-api-key'),
    kind: 'credential_refused',
  },
  {
    name: 'wrong key, as 400',
    status: 400,
    body: statused(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
      { reason: 'API_KEY_INVALID' },
    ]),
    kind: 'credential_refused',
  },
  {
    name: 'wrong key, as 400 in a string',
    status: 400,
    body: { code: 'invalid-argument', error: 'Incorrect API key provided.' },
    kind: 'credential_refused',
  },
  { name: 'wrong key, detail', status: 401, body: { detail: 'Invalid API Key' }, kind: 'credential_refused' },
  { name: 'wrong key, text', status: 403, body: 'Forbidden', kind: 'credential_refused' },
  {
    name: 'not allowed to use one model',
    status: 403,
    body: nested('You are not allowed to sample from this model', 'invalid_request_error'),
    kind: 'model_gone',
  },
  {
    name: 'no access to the model',
    status: 403,
    body: { message: "You don't have access to the model with the specified model ID." },
    kind: 'model_gone',
  },
  {
    name: 'unknown model',
    status: 404,
    body: nested(
      'The model `m` does not exist or you do not have access to it.',
      'invalid_request_error',
      'model_not_found',
    ),
    kind: 'model_gone',
  },
  { name: 'unknown model, typed', status: 404, body: typed('not_found_error', 'model: m'), kind: 'model_gone' },
  {
    name: 'unknown model, as 400',
    status: 400,
    body: nested("The requested model 'm' does not exist.", 'invalid_request_error', 'model_not_found'),
    kind: 'model_gone',
  },
  {
    name: 'unknown model, as 400 without a code',
    status: 400,
    body: nested('Model Not Exist', 'invalid_request_error', 'invalid_request_error'),
    kind: 'model_gone',
  },
  {
    name: 'model not pulled',
    status: 404,
    body: { error: 'model "m" not found, try pulling it first' },
    kind: 'model_gone',
  },
  {
    name: 'no such deployment',
    status: 404,
    body: { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
    kind: 'model_gone',
  },
  { name: 'no such path, HTML', status: 404, body: '<html><body>Not Found</body></html>', kind: 'model_gone' },
  {
    name: 'context, with code',
    status: 400,
    body: nested(
      "This model's maximum context length is 8192 tokens.",
      'invalid_request_error',
      'context_length_exceeded',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'context, prompt too long',
    status: 400,
    body: typed('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
    kind: 'context_exceeded',
  },
  {
    name: 'context, token count',
    status: 400,
    body: statused(
      400,
      'INVALID_ARGUMENT',
      'The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'context, in a plain object',
    status: 400,
    body: {
      object: 'error',
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    kind: 'context_exceeded',
  },
  {
    name: 'context, too many tokens',
    status: 400,
    body: { message: 'too many tokens: size limit exceeded by 25836 tokens.' },
    kind: 'context_exceeded',
  },
  {
    name: 'context, validation',
    status: 422,
    body: {
      error: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000',
      error_type: 'validation',
    },
    kind: 'context_exceeded',
  },
  {
    name: 'context, with an own type',
    status: 400,
    body: nested('the request exceeds the available size', 'exceed_context_size_error', 400),
    kind: 'context_exceeded',
  },
  {
    name: 'context, thrown as 500',
    status: 500,
    body: { detail: 'The input is longer than the maximum model length.' },
    kind: 'context_exceeded',
  },
  {
    name: 'policy, with code',
    status: 400,
    body: nested('Your request was rejected.', 'invalid_request_error', 'content_policy_violation'),
    kind: 'content_refused',
  },
  {
    name: 'policy, inner error',
    status: 400,
    body: {
      error: {
        code: 'content_filter',
        message: 'The response was filtered.',
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      },
    },
    kind: 'content_refused',
  },
  {
    name: 'policy, only words',
    status: 400,
    body: typed('invalid_request_error', 'Output blocked by content filtering policy'),
    kind: 'content_refused',
  },
  {
    name: 'policy, existing risk',
    status: 400,
    body: nested('Content Exists Risk', 'invalid_request_error', 'invalid_request_error'),
    kind: 'content_refused',
  },
  {
    name: 'policy, inspection',
    status: 400,
    body: { code: 'DataInspectionFailed', message: 'Input data may contain inappropriate content.' },
    kind: 'content_refused',
  },
  {
    name: 'policy, moderated as 403',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'm requires moderation. Your input was flagged for "x".',
        metadata: { reasons: ['x'], flagged_input: 'y' },
      },
    },
    kind: 'content_refused',
  },
  {
    name: 'policy, wrapped by an aggregator',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'Provider returned error',
        metadata: { raw: '{"error":"Content violates usage guidelines."}' },
      },
    },
    kind: 'content_refused',
  },
  {
    name: 'context, wrapped by an aggregator',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'Provider returned error',
        metadata: { raw: '{"error":{"code":"context_length_exceeded"}}' },
      },
    },
    kind: 'context_exceeded',
  },
  {
    name: 'wrong parameter',
    status: 400,
    body: nested("Unsupported parameter: 'max_tokens'.", 'invalid_request_error', 'unsupported_parameter'),
    kind: 'caller_fault',
  },
  {
    name: 'wrong field, list of details',
    status: 422,
    body: { detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'value_error.missing' }] },
    kind: 'caller_fault',
  },
  {
    name: 'wrong field, message with details',
    status: 422,
    body: {
      object: 'error',
      message: { detail: [{ type: 'missing', loc: ['body'], msg: 'Field required' }] },
      type: 'invalid_request_error',
    },
    kind: 'caller_fault',
  },
  {
    name: 'too large',
    status: 413,
    body: typed('request_too_large', 'Request exceeds the maximum size'),
    kind: 'caller_fault',
  },
  {
    name: 'failed tool call',
    status: 400,
    body: nested('Failed to call a function.', 'invalid_request_error', 'tool_use_failed'),
    kind: 'caller_fault',
  },
  { name: 'request timeout', status: 408, body: nested('Timed out', 'timeout_error'), kind: 'transient' },
  { name: 'overloaded, own status', status: 529, body: typed('overloaded_error', 'Overloaded'), kind: 'overloaded' },
  {
    name: 'unavailable',
    status: 503,
    body: statused(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
    headers: { 'retry-after': '1' },
    kind: 'overloaded',
    retryAfterMs: 1000,
  },
  { name: 'overloaded as 500', status: 500, body: typed('overloaded_error', 'Overloaded'), kind: 'overloaded' },
  { name: 'server error', status: 500, body: nested('The server had an error', 'server_error'), kind: 'transient' },
  { name: 'gateway, HTML', status: 502, body: '<html><h1>502 Bad Gateway</h1></html>', kind: 'transient' },
  { name: 'edge, text', status: 522, body: 'error code: 522', kind: 'transient' },
  { name: 'redirect', status: 301, body: '', kind: 'malformed' },
];
