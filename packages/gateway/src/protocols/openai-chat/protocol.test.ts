import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import openaiChat from './protocol.ts';

describe('errors', () => {
  const error = new GatewayError('rate_limited', 'Too many.', {
    param: 'messages',
    retryAfterMs: 1500,
    headers: { 'x-ratelimit-limit': '5' },
  });

  it('are OpenAI envelopes', () => {
    const { body, ...rest } = openaiChat.client.encodeError(error);
    expect(rest).toEqual({
      status: 429,
      contentType: 'application/json',
      headers: ['x-ratelimit-limit', '5', 'retry-after', '2'],
    });
    const envelope = { message: 'Too many.', type: 'rate_limit_error', param: 'messages', code: 'rate_limit_exceeded' };
    expect(JSON.parse(body.toString('utf8'))).toEqual({ error: envelope });
    expect(openaiChat.client.encodeErrorEvent(error).toString('utf8')).toBe(
      `data: ${JSON.stringify({ error: envelope })}\n\n`,
    );
  });

  it('ask for a second at least', () => {
    const { headers } = openaiChat.client.encodeError(new GatewayError('queue_full', 'Full.', { retryAfterMs: 0 }));
    expect(headers).toEqual(['retry-after', '1']);
  });
});
