import { type ErrorSample, nested, statused, typed } from './error-sample.fixture.ts';

/** Upstreams that have too much to do, or are not ready. */
export const overloadSamples: readonly ErrorSample[] = [
  {
    name: 'engine overloaded as 429',
    status: 429,
    body: nested('The engine is currently overloaded, please try again later', 'engine_overloaded_error'),
    kind: 'overloaded',
  },
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
  {
    name: 'OpenAI: asked to slow down',
    status: 429,
    body: nested('You are sending requests too fast.', 'rate_limit_error', 'slow_down'),
    kind: 'overloaded',
  },
  {
    name: 'OpenAI: overloaded',
    status: 503,
    body: nested('The engine is overloaded.', 'service_unavailable_error', 'server_is_overloaded'),
    kind: 'overloaded',
  },
  {
    name: 'Groq: no room in the flexible tier',
    status: 498,
    body: nested('Flex tier capacity exceeded.', 'server_error', 'capacity_exceeded'),
    kind: 'overloaded',
  },
  {
    name: 'Bedrock: the model is not ready',
    status: 429,
    body: { message: 'The model specified in the request is not ready to serve inference requests.' },
    headers: { 'x-amzn-errortype': 'ModelNotReadyException' },
    kind: 'overloaded',
  },
  {
    name: 'OpenRouter: nobody serves it now',
    status: 503,
    body: { error: { code: 503, message: 'There is no available model provider that meets your requirements.' } },
    kind: 'overloaded',
  },
  {
    name: 'HuggingFace: a model that is being loaded',
    status: 503,
    body: { error: 'Model some/model is currently loading', estimated_time: 20.5 },
    kind: 'overloaded',
    retryAfterMs: 20_500,
  },
  {
    name: 'llama.cpp: loading',
    status: 503,
    body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    kind: 'overloaded',
  },
  {
    name: 'Ollama: full',
    status: 503,
    body: { error: 'server busy, please try again. maximum pending requests exceeded' },
    kind: 'overloaded',
  },
];
