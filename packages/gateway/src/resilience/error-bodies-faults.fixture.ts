import { type ErrorSample, nested, statused, typed, wrapped } from './error-sample.fixture.ts';

/** Faults of the upstream, and of what stands before it. */
export const faultSamples: readonly ErrorSample[] = [
  { name: 'request timeout', status: 408, body: nested('Timed out', 'timeout_error'), kind: 'transient' },
  { name: 'server error', status: 500, body: nested('The server had an error', 'server_error'), kind: 'transient' },
  { name: 'gateway, HTML', status: 502, body: '<html><h1>502 Bad Gateway</h1></html>', kind: 'transient' },
  { name: 'edge, text', status: 522, body: 'error code: 522', kind: 'transient' },
  { name: 'redirect', status: 301, body: '', kind: 'malformed' },
  {
    name: 'an edge, HTML',
    status: 520,
    body: '<!DOCTYPE html><html><head><title>520: Web server is returning an unknown error</title></head></html>',
    kind: 'transient',
  },
  {
    name: 'an edge that waited too long, HTML',
    status: 524,
    body: '<!DOCTYPE html><html><title>524: A timeout occurred</title></html>',
    kind: 'transient',
  },
  {
    name: 'a balancer that waited too long, HTML',
    status: 504,
    body: '<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n</body></html>',
    kind: 'transient',
  },
  {
    name: 'a filter before the provider, HTML',
    status: 403,
    body: '\n<!DOCTYPE html><html><title>Attention Required!</title><body>Sorry, you have been blocked</body></html>',
    kind: 'transient',
  },
  {
    name: 'an edge that says when to come again',
    status: 521,
    body: { type: 'about:blank', title: 'Web server is down', status: 521, retryable: true, retry_after: 120 },
    kind: 'transient',
    retryAfterMs: 120_000,
  },
  {
    name: 'Anthropic: a timeout',
    status: 504,
    body: typed('timeout_error', 'Request timed out.'),
    kind: 'transient',
  },
  { name: 'Anthropic: a conflict', status: 409, body: typed('conflict_error', 'Try again.'), kind: 'transient' },
  { name: 'Anthropic: internal', status: 500, body: typed('api_error', 'Internal server error'), kind: 'transient' },
  {
    name: 'Gemini: cancelled by itself',
    status: 499,
    body: statused(499, 'CANCELLED', 'The operation was cancelled.'),
    kind: 'transient',
  },
  {
    name: 'Gemini: too late',
    status: 504,
    body: statused(504, 'DEADLINE_EXCEEDED', 'The request timed out.'),
    kind: 'transient',
  },
  {
    name: 'Bedrock: the model failed',
    status: 424,
    body: { message: 'The request failed due to an error while processing the model.' },
    headers: { 'x-amzn-errortype': 'ModelErrorException' },
    kind: 'transient',
  },
  {
    name: 'Bedrock: the model took too long',
    status: 408,
    body: { message: 'Model has timed out in processing the request.' },
    headers: { 'x-amzn-errortype': 'ModelTimeoutException' },
    kind: 'transient',
  },
  {
    name: 'TGI: generation failed',
    status: 424,
    body: { error: 'Request failed during generation', error_type: 'generation' },
    kind: 'transient',
  },
  { name: 'OpenRouter: the model is down', status: 502, body: wrapped(502, 'Bad gateway'), kind: 'transient' },
  {
    name: 'MiniMax: system error',
    status: 500,
    body: { base_resp: { status_code: 1033, status_msg: 'system error' } },
    kind: 'transient',
  },
  {
    name: 'a fault under the status of a refusal',
    status: 400,
    body: nested('Something went wrong.', 'api_error', 'internal_error'),
    kind: 'transient',
  },
];
