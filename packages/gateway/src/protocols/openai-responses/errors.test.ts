import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { encodeError, encodeErrorEvent } from './errors.ts';
import { parseStream } from './read-stream.fixture.ts';

const error = new GatewayError('rate_limited', 'Wait.', {
  retryAfterMs: 1200,
  headers: { 'X-A': 'b' },
  param: 'model',
});

describe('an error', () => {
  it('is OpenAI’s envelope', () => {
    const { status, headers, body } = encodeError(error);
    expect(status).toBe(429);
    expect(headers).toEqual(['X-A', 'b', 'retry-after', '2']);
    expect(JSON.parse(body.toString())).toEqual({
      error: { message: 'Wait.', type: 'rate_limit_error', param: 'model', code: 'rate_limit_exceeded' },
    });
  });

  it('in a stream is `error`, then `response.failed`', () => {
    expect(parseStream(encodeErrorEvent(error))).toMatchObject([
      {
        type: 'error',
        code: 'rate_limit_exceeded',
        message: 'Wait.',
        error: { type: 'rate_limit_error', message: 'Wait.' },
      },
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Wait.' } },
      },
    ]);
  });
});
