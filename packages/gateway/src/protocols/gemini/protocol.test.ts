import { expect, it } from 'vitest';
import { featureNames, withoutFeature } from '../../canonical/features.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import protocol from './protocol.ts';
import { foreign } from './requests.fixture.ts';

const { client, upstream } = protocol;

it('paths name the model', () => {
  expect(upstream.pathOf({ model: 'gemini-x', stream: true })).toBe(
    '/v1beta/models/gemini-x:streamGenerateContent?alt=sse',
  );
  expect(upstream.pathOf({ model: 'tunedModels/a b', stream: false })).toBe(
    '/v1beta/tunedModels/a%20b:generateContent',
  );
  expect(upstream.pathOf({ model: undefined, stream: false })).toBeUndefined();
});

it('errors are told as Google tells them', () => {
  const error = new GatewayError('rate_limited', 'Slow down.', {
    retryAfterMs: 1200,
    param: 'contents',
    headers: { 'X-A': 'b' },
  });
  const { status, headers, body } = client.encodeError(error);
  expect([status, headers]).toEqual([429, ['X-A', 'b', 'retry-after', '2']]);
  expect(JSON.parse(body.toString())).toEqual({
    error: {
      code: 429,
      message: 'Slow down.',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'RATE_LIMITED', domain: 'llm-gateway' },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'contents', description: 'Slow down.' }],
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' },
      ],
    },
  });
});

it("errors of other wires are not taken for Google's", () => {
  expect(client.isErrorBody({ error: { code: 400, message: 'No.', status: 'INVALID_ARGUMENT' } })).toBe(true);
  for (const body of [{ error: { message: 'No.', type: 'x', code: null } }, { error: 'No.' }, [], null]) {
    expect(client.isErrorBody(body)).toBe(false);
  }
});

it('leaves out only what a request can do without', () => {
  const dropped = featureNames.filter((feature) => upstream.support[feature] === 'dropped');
  for (const feature of dropped) expect(withoutFeature(foreign([]), feature), feature).toBeDefined();
});
