import { type ErrorSample, nested, plain, statused, typed, wrapped } from './error-sample.fixture.ts';

/** Requests that are longer than a model reads. */
export const contextSamples: readonly ErrorSample[] = [
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
    body: plain(
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
      'BadRequestError',
      400,
    ),
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
    name: 'OpenAI: responses',
    status: 400,
    body: nested(
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
      'invalid_request_error',
      'context_length_exceeded',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'Azure: a configured limit, without a code',
    status: 400,
    body: nested(
      'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens.',
      'invalid_request_error',
      'BadRequest',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'GitHub Models: its own limit',
    status: 413,
    body: {
      error: { code: 'tokens_limit_reached', message: 'Request body too large for m model. Max size: 8000 tokens.' },
    },
    kind: 'context_exceeded',
  },
  {
    name: 'Anthropic: input and output together',
    status: 400,
    body: typed(
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 197202 + 21333 > 200000, decrease input length or `max_tokens` and try again',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'Vertex: what a model supports',
    status: 400,
    body: statused(400, 'INVALID_ARGUMENT', 'The input token count is 1048577 but model only supports up to 1048576.'),
    kind: 'context_exceeded',
  },
  {
    name: 'Bedrock: validation',
    status: 400,
    body: { message: 'Input is too long for requested model.' },
    headers: { 'x-amzn-errortype': 'ValidationException' },
    kind: 'context_exceeded',
  },
  {
    name: 'Bedrock: told by the model',
    status: 424,
    body: { message: 'The model returned an error: prompt is too long', originalStatusCode: 400 },
    headers: { 'x-amzn-errortype': 'ModelErrorException' },
    kind: 'context_exceeded',
  },
  {
    name: 'vLLM: nested, with input and output',
    status: 400,
    body: {
      error: {
        message:
          "This model's maximum context length is 262144 tokens. However, you requested 0 output tokens and your prompt contains at least 262145 input tokens. (parameter=input_tokens, value=262145)",
        type: 'BadRequestError',
        param: 'input_tokens',
        code: 400,
      },
    },
    kind: 'context_exceeded',
  },
  {
    name: 'vLLM: the prompt alone',
    status: 400,
    body: plain(
      'The decoder prompt (length 40960) is longer than the maximum model length of 32768.',
      'BadRequestError',
      400,
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'vLLM: room for the output',
    status: 400,
    body: nested(
      "'max_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 100 input tokens (5000 > 4096 - 100).",
      'BadRequestError',
      400,
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'SGLang: the input',
    status: 400,
    body: plain(
      "The input (70000 tokens) is longer than the model's context length (65536 tokens).",
      'BadRequestError',
      400,
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'SGLang: input and output',
    status: 400,
    body: nested(
      "Requested token count exceeds the model's maximum context length of 131072 tokens.",
      'BadRequestError',
      400,
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'OpenRouter: an endpoint',
    status: 400,
    body: {
      error: {
        code: 400,
        message: "This endpoint's maximum context length is 200000 tokens. However, you requested more.",
      },
    },
    kind: 'context_exceeded',
  },
  {
    name: 'OpenRouter: told by the provider behind it',
    status: 400,
    body: wrapped(400, { object: 'error', message: 'prompt is too long: 210000 tokens > 200000 maximum' }),
    kind: 'context_exceeded',
  },
  {
    name: 'OpenRouter: dearer than everything that is allowed at once',
    status: 402,
    body: { error: { code: 402, message: 'Too dear.', metadata: { error_type: 'weight_exceeds_budget' } } },
    kind: 'context_exceeded',
  },
  {
    name: 'Together: forbidden for its length',
    status: 403,
    body: nested(
      'Input token count + max_tokens parameter must be less than the context length.',
      'invalid_request_error',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'Mistral',
    status: 400,
    body: plain(
      'Prompt contains 36000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      'invalid_request_prompt',
      '3051',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'xAI',
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 531812 tokens.",
    },
    kind: 'context_exceeded',
  },
  {
    name: 'Fireworks',
    status: 400,
    body: nested('The prompt is too long: 150000, model maximum context length: 131071', 'invalid_request_error'),
    kind: 'context_exceeded',
  },
  {
    name: 'Moonshot',
    status: 400,
    body: nested(
      'Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)',
      'invalid_request_error',
    ),
    kind: 'context_exceeded',
  },
  {
    name: 'Zhipu',
    status: 400,
    body: { error: { code: '1261', message: 'Prompt exceeds max length' } },
    kind: 'context_exceeded',
  },
  {
    name: 'DashScope',
    status: 400,
    body: { code: 'InvalidParameter', message: 'Range of input length should be [1, 30720]', request_id: '1' },
    kind: 'context_exceeded',
  },
  {
    name: 'Ark',
    status: 400,
    body: nested('Total tokens of image and text exceed max message tokens.', 'BadRequest', 'OutofContextError'),
    kind: 'context_exceeded',
  },
  {
    name: 'Ollama',
    status: 400,
    body: { error: 'the input length exceeds the context length' },
    kind: 'context_exceeded',
  },
];
