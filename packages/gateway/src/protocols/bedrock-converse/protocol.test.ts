import { describe, expect, it } from 'vitest';
import { featureNames } from '../../canonical/features.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import protocol from './protocol.ts';

describe('the protocol', () => {
  it('says of every feature what becomes of it', () => {
    expect(Object.keys(protocol.upstream.support).sort()).toEqual([...featureNames].sort());
  });

  it('knows its paths', () => {
    const { pathOf } = protocol.upstream;
    expect(pathOf({ model: 'amazon.nova-lite-v1:0', stream: false })).toBe('/model/amazon.nova-lite-v1%3A0/converse');
    expect(pathOf({ model: 'arn:aws:x/y', stream: true })).toBe('/model/arn%3Aaws%3Ax%2Fy/converse-stream');
    expect(pathOf({ model: undefined, stream: true })).toBeUndefined();
  });

  it('takes no body alone for an error: which exception it is stands in a header', () => {
    expect(protocol.client.isErrorBody({ message: 'The request is not valid.' })).toBe(false);
  });

  it('tells errors as AWS does', () => {
    const { encodeError } = protocol.client;
    const reply = encodeError(
      new GatewayError('rate_limited', 'Slow.', { retryAfterMs: 1200, headers: { 'X-A': 'b' } }),
    );
    expect(reply).toEqual({
      status: 429,
      contentType: 'application/json',
      body: Buffer.from('{"message":"Slow."}'),
      headers: ['x-amzn-ErrorType', 'ThrottlingException', 'X-A', 'b', 'retry-after', '2'],
    });
    const typeOf = (kind: ConstructorParameters<typeof GatewayError>[0]) =>
      encodeError(new GatewayError(kind, '')).headers[1];
    expect(typeOf('invalid_request')).toBe('ValidationException');
    expect(typeOf('payload_too_large')).toBe('ValidationException');
    expect(typeOf('unauthenticated')).toBe('UnrecognizedClientException');
    expect(typeOf('model_not_found')).toBe('ResourceNotFoundException');
    expect(typeOf('queue_full')).toBe('ServiceUnavailableException');
    expect(typeOf('operation_unsupported')).toBe('InternalServerException');
  });
});
