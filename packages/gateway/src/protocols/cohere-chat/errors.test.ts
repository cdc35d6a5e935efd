import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import cohereChat from './protocol.ts';
import { bodyOf } from './stream.fixture.ts';

describe('errors', () => {
  const error = new GatewayError('rate_limited', 'Slow down.', { retryAfterMs: 1200, headers: { 'X-Limit': '5' } });

  it('are told as Cohere tells them', () => {
    const reply = cohereChat.client.encodeError(error);
    expect(reply).toMatchObject({ status: 429, headers: ['X-Limit', '5', 'retry-after', '2'] });
    expect(bodyOf(reply.body.toString())).toEqual({ error_type: 'RATE_LIMIT_EXCEEDED', message: 'Slow down.' });
  });

  it('are no good end of a stream', () => {
    const text = cohereChat.client.encodeErrorEvent(error).toString();
    expect(text).toBe(
      'event: message-end\ndata: {"type":"message-end","delta":{"error":"Slow down.","finish_reason":"ERROR"}}\n\n',
    );
  });
});
