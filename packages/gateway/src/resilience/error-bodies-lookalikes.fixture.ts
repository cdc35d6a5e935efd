import { type ErrorSample, nested, typed } from './error-sample.fixture.ts';

/** Requests at fault whose errors sound like something else, by chance or by intent. */
export const lookalikeSamples: readonly ErrorSample[] = [
  {
    name: 'Cohere: more output than a model gives is no matter of its window',
    status: 400,
    body: {
      message:
        'too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model - received 8192.',
    },
    kind: 'caller_fault',
  },
  {
    name: 'Anthropic: neither here',
    status: 400,
    body: typed(
      'invalid_request_error',
      'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for some-model',
    ),
    kind: 'caller_fault',
  },
  {
    name: 'Groq: nor here',
    status: 400,
    body: nested(
      '`max_tokens` must be less than or equal to `16384`, the maximum value for `max_tokens` is less than the `context_window` for this model',
      'invalid_request_error',
    ),
    kind: 'caller_fault',
  },
  {
    name: "words of the caller's within quotation marks",
    status: 400,
    body: {
      error: {
        message: "Invalid value: 'insufficient balance'. Supported values are: 'system', 'user'.",
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_value',
      },
    },
    kind: 'caller_fault',
  },
  {
    name: "words of the caller's, with a mark among them",
    status: 422,
    body: {
      detail: [{ msg: "Input should be 'user', not 'x' insufficient balance 'y'", type: 'enum', loc: ['body'] }],
    },
    kind: 'caller_fault',
  },
  {
    name: "words of the caller's about a field",
    status: 400,
    body: {
      error: { message: 'Unknown role: invalid api key', type: 'invalid_request_error', param: 'messages[0].role' },
    },
    kind: 'caller_fault',
  },
  {
    name: "words of the caller's as a model",
    status: 400,
    body: { object: 'error', message: 'Invalid model: insufficient balance', type: 'invalid_model', code: '1500' },
    kind: 'model_gone',
  },
];
