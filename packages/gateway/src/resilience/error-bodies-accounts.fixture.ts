import { type ErrorSample, nested, statused, typed } from './error-sample.fixture.ts';

/** Refusals of the account or of its key. */
export const accountSamples: readonly ErrorSample[] = [
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
    name: 'OpenAI: no credits left',
    status: 429,
    body: nested('You exceeded your current quota.', 'insufficient_quota', 'credit_balance_exhausted'),
    kind: 'quota_exhausted',
  },
  {
    name: 'OpenAI: the limit of a project',
    status: 429,
    body: nested('The project has reached its limit.', 'insufficient_quota', 'project_spend_limit_exceeded'),
    kind: 'quota_exhausted',
  },
  {
    name: 'OpenAI: a country that is not served',
    status: 403,
    body: nested(
      'Country, region, or territory not supported',
      'request_forbidden',
      'unsupported_country_region_territory',
    ),
    kind: 'credential_refused',
  },
  {
    name: 'Anthropic: the cap of the month, with the type of a rate limit',
    status: 429,
    body: {
      type: 'error',
      error: {
        type: 'rate_limit_error',
        message: 'Your organization has reached its monthly cap.',
        details: { error_code: 'enforced_spend_limit_reached' },
      },
    },
    kind: 'quota_exhausted',
  },
  {
    name: 'Anthropic: the limit of a workspace',
    status: 400,
    body: typed('invalid_request_error', 'You have reached your specified workspace API usage limits.'),
    kind: 'quota_exhausted',
  },
  {
    name: 'Anthropic: billing',
    status: 402,
    body: typed('billing_error', 'There is an issue with your billing.'),
    kind: 'quota_exhausted',
  },
  {
    name: 'Anthropic: disabled',
    status: 400,
    body: typed('invalid_request_error', 'This organization has been disabled.'),
    kind: 'credential_refused',
  },
  {
    name: 'Gemini: a country that is not served',
    status: 400,
    body: statused(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
    kind: 'credential_refused',
  },
  {
    name: 'Vertex: the service is switched off',
    status: 403,
    body: statused(403, 'PERMISSION_DENIED', 'The API has not been used in project 1 before or it is disabled.', [
      { reason: 'SERVICE_DISABLED' },
    ]),
    kind: 'credential_refused',
  },
  {
    name: 'Bedrock: a signature that is too old',
    status: 403,
    body: { message: 'Signature expired: 20300101T000000Z is now earlier than 20300101T000500Z' },
    headers: { 'x-amzn-errortype': 'InvalidSignatureException' },
    kind: 'credential_refused',
  },
  {
    name: 'Bedrock: nothing to pay with',
    status: 403,
    body: { message: 'Model access is denied due to INVALID_PAYMENT_INSTRUMENT: a valid instrument must be provided.' },
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    kind: 'quota_exhausted',
  },
  {
    name: 'Cohere: trial key, by the month',
    status: 429,
    body: { message: 'You are using a Trial key, which is limited to 1000 API calls / month.' },
    kind: 'quota_exhausted',
  },
  { name: 'Cohere: key', status: 401, body: { message: 'invalid api token' }, kind: 'credential_refused' },
  {
    name: 'Groq: restricted',
    status: 400,
    body: nested('Organization has been restricted.', 'invalid_request_error', 'organization_restricted'),
    kind: 'credential_refused',
  },
  {
    name: 'Groq: the spending limit',
    status: 400,
    body: nested('API access is blocked.', 'invalid_request_error', 'blocked_api_access'),
    kind: 'quota_exhausted',
  },
  {
    name: 'xAI: a team without credits',
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error: "Your newly created team doesn't have any credits yet. You can purchase some in the console.",
    },
    kind: 'quota_exhausted',
  },
  {
    name: 'OpenRouter: the budget of a key',
    status: 403,
    body: { error: { code: 403, message: 'Budget limit exceeded', metadata: { limit_source: 'key' } } },
    kind: 'quota_exhausted',
  },
  {
    name: 'OpenRouter: more than the balance',
    status: 402,
    body: { error: { code: 402, message: 'This request requires more credits, or fewer max_tokens.' } },
    kind: 'quota_exhausted',
  },
  {
    name: 'Fireworks: suspended',
    status: 412,
    body: nested(
      'Account a is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.',
      'PRECONDITION_FAILED',
    ),
    kind: 'quota_exhausted',
  },
  {
    name: 'HuggingFace: the credits of the month',
    status: 402,
    body: { error: 'You have exceeded your monthly included credits for Inference Providers.' },
    kind: 'quota_exhausted',
  },
  {
    name: 'Moonshot: quota',
    status: 429,
    body: nested('Your account is not active, check your plan.', 'exceeded_current_quota_error'),
    kind: 'quota_exhausted',
  },
  {
    name: 'Zhipu: balance',
    status: 429,
    body: { error: { code: '1113', message: 'Insufficient balance or no resource package. Please recharge.' } },
    kind: 'quota_exhausted',
  },
  {
    name: 'Zhipu: a plan that is used up for hours',
    status: 429,
    body: { error: { code: '1308', message: 'Usage limit reached for 5 hour. Your limit will reset later.' } },
    kind: 'quota_exhausted',
  },
  {
    name: 'DashScope: the free tier',
    status: 403,
    body: {
      code: 'AllocationQuota.FreeTierOnly',
      message: 'The free tier of the model has been exhausted.',
      request_id: '1',
    },
    kind: 'quota_exhausted',
  },
  {
    name: 'Ark: overdue',
    status: 403,
    body: nested('The request failed because your account has an overdue balance.', 'Forbidden', 'AccountOverdueError'),
    kind: 'quota_exhausted',
  },
  {
    name: 'MiniMax: balance',
    status: 429,
    body: { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
    kind: 'quota_exhausted',
  },
  {
    name: 'Cloudflare: the allocation of the day',
    status: 429,
    body: { success: false, errors: [{ code: 3036, message: 'You have used up your daily free allocation.' }] },
    kind: 'quota_exhausted',
  },
  { name: 'a proxy on the way out', status: 407, body: '', kind: 'credential_refused' },
];
