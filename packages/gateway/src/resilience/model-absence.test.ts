import { expect, it } from 'vitest';
import { requestSamples } from './error-bodies-requests.fixture.ts';
import { tellsModelIsAbsent } from './model-absence.ts';

const bytesOf = (body: unknown) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

it('is told of errors whose code or words are of the model', () => {
  const gone = requestSamples.filter(({ kind }) => kind === 'model_gone');
  const silent = gone.filter(({ body }) => !tellsModelIsAbsent(bytesOf(body))).map(({ name }) => name);
  expect(silent).toEqual([
    'no such path, HTML',
    'Azure: a deployment that cannot do it',
    'Bedrock: only by a profile',
    'HuggingFace: no provider enabled',
  ]);
});

it.each([
  { detail: 'Not Found' },
  { error: { message: 'Invalid URL (POST /v1/messages/count_tokens)', type: 'invalid_request_error', code: null } },
  { type: 'error', error: { type: 'not_found_error', message: 'Not Found' } },
  {
    error: {
      code: 404,
      status: 'NOT_FOUND',
      message: 'models/m is not found for API version v1beta, or is not supported for countTokens.',
    },
  },
  { error: { code: '404', message: 'Resource not found' } },
  { message: 'no Route matched with those values' },
  '<html><body>model does not exist</body></html>',
  '',
])('is not told of what may be the path: %j', (body) => {
  expect(tellsModelIsAbsent(bytesOf(body))).toBe(false);
});
