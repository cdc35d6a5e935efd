import { type ErrorSample, nested, typed } from './error-sample.fixture.ts';

/** Requests that are at fault, or that nobody there serves. */
export const requestSamples: readonly ErrorSample[] = [
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
  {
    name: 'GitHub Models: unknown',
    status: 400,
    body: { error: { code: 'unknown_model', message: 'Unknown model: m' } },
    kind: 'model_gone',
  },
  {
    name: 'Azure: a deployment that cannot do it',
    status: 400,
    body: {
      error: { code: 'OperationNotSupported', message: 'The operation does not work with the specified model.' },
    },
    kind: 'model_gone',
  },
  {
    name: 'Bedrock: only by a profile',
    status: 400,
    body: { message: "Invocation of model ID m with on-demand throughput isn't supported." },
    headers: { 'x-amzn-errortype': 'ValidationException' },
    kind: 'model_gone',
  },
  {
    name: 'Mistral: unknown',
    status: 400,
    body: { object: 'error', message: 'Invalid model: m', type: 'invalid_model', param: null, code: '1500' },
    kind: 'model_gone',
  },
  {
    name: 'Groq: decommissioned',
    status: 400,
    body: nested('The model `m` has been decommissioned.', 'invalid_request_error', 'model_decommissioned'),
    kind: 'model_gone',
  },
  {
    name: 'HuggingFace: no provider enabled',
    status: 400,
    body: nested(
      "The requested model 'm' is not supported by any provider you have enabled.",
      'invalid_request_error',
      'model_not_supported',
    ),
    kind: 'model_gone',
  },
  {
    name: 'Zhipu: unknown',
    status: 400,
    body: { error: { code: '1211', message: 'Unknown Model, please check the model code.' } },
    kind: 'model_gone',
  },
  {
    name: 'Ark: not activated',
    status: 404,
    body: nested('Your account has not activated the model m.', 'NotFound', 'ModelNotOpen'),
    kind: 'model_gone',
  },
  {
    name: 'another gateway without a channel',
    status: 503,
    body: nested('No available channel for model m under the group', 'new_api_error', 'model_not_found'),
    kind: 'model_gone',
  },
  {
    name: 'OpenAI: a flagged prompt',
    status: 400,
    body: nested(
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
      'invalid_request_error',
      'invalid_prompt',
    ),
    kind: 'content_refused',
  },
  {
    name: 'Cohere: blocked',
    status: 498,
    body: { message: 'blocked' },
    kind: 'content_refused',
  },
  {
    name: 'Moonshot: high risk',
    status: 400,
    body: nested('The request was rejected because it was considered high risk', 'content_filter'),
    kind: 'content_refused',
  },
  {
    name: 'Zhipu: sensitive',
    status: 400,
    body: {
      contentFilter: [{ level: 1, role: 'user' }],
      error: {
        code: '1301',
        message: 'System detected potentially unsafe or sensitive content in input or generation.',
      },
    },
    kind: 'content_refused',
  },
  {
    name: 'Ark: sensitive, of any kind',
    status: 400,
    body: nested('The request failed.', 'BadRequest', 'OutputVideoSensitiveContentDetected.PolicyViolation'),
    kind: 'content_refused',
  },
  {
    name: 'MiniMax: sensitive',
    status: 400,
    body: { base_resp: { status_code: 1026, status_msg: 'input new_sensitive' } },
    kind: 'content_refused',
  },
  {
    name: 'xAI: violates guidelines',
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error: 'Content violates usage guidelines. Team: t, API key ID: k, Model: m, Failed check: c',
    },
    kind: 'content_refused',
  },
];
