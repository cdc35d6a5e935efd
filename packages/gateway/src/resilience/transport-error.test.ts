import { describe, expect, test } from 'vitest';
import { classifyError } from './transport-error.ts';

describe('classifyError', () => {
  const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

  test.each([
    ['ENOTFOUND', 'connect_failed', 'connect_failed'],
    ['EAI_AGAIN', 'connect_failed', 'connect_failed'],
    ['ECONNREFUSED', 'connect_failed', 'connect_failed'],
    ['CERT_HAS_EXPIRED', 'connect_failed', 'connect_failed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'connect_failed', 'connect_failed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'connect_failed', 'connect_failed'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'connect_failed', 'connect_failed'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout', 'connect_timeout'],
    ['ETIMEDOUT', 'connect_timeout', 'truncated'],
    ['UND_ERR_HEADERS_TIMEOUT', 'headers_timeout', 'headers_timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'idle_timeout', 'idle_timeout'],
    ['ECONNRESET', 'transient', 'truncated'],
    ['EPIPE', 'transient', 'truncated'],
    ['UND_ERR_SOCKET', 'transient', 'truncated'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'transient', 'truncated'],
    ['HPE_INVALID_CONSTANT', 'malformed', 'malformed'],
    ['HPE_INVALID_EOF_STATE', 'transient', 'truncated'],
    ['Z_DATA_ERROR', 'malformed', 'malformed'],
    ['UND_ERR_HEADERS_OVERFLOW', 'malformed', 'malformed'],
    ['UND_ERR_ABORTED', 'cancelled', 'cancelled'],
    ['EMFILE', 'unknown', 'unknown'],
  ])('%s is %s before the headers and %s after', (code, before, after) => {
    expect(classifyError(coded(code), 'before-headers').kind).toBe(before);
    expect(classifyError(coded(code), 'after-headers').kind).toBe(after);
  });

  test('looks behind wrapped errors and among the addresses tried', () => {
    const wrapped = new TypeError('fetch failed', { cause: coded('ECONNREFUSED') });
    expect(classifyError(wrapped, 'before-headers').kind).toBe('connect_failed');
    const several = Object.assign(new AggregateError([coded('EHOSTUNREACH')]), { code: undefined });
    expect(classifyError(several, 'before-headers').kind).toBe('connect_failed');
    const socket = Object.assign(coded('UND_ERR_SOCKET'), { cause: coded('ECONNREFUSED') });
    expect(classifyError(socket, 'before-headers').kind).toBe('connect_failed');
  });

  test('a reset during the handshake is a failed connection', () => {
    const error = coded(
      'ECONNRESET',
      'Client network socket disconnected before secure TLS connection was established',
    );
    expect(classifyError(error, 'before-headers').kind).toBe('connect_failed');
  });

  test('tells the code, never the message', () => {
    const { message } = classifyError(coded('ENOTFOUND', 'getaddrinfo ENOTFOUND internal.example'), 'before-headers');
    expect(message).toBe('No connection to the upstream could be made (ENOTFOUND).');
  });

  test.each([undefined, null, 'text', 7, {}, new Error('x')])('%s is unknown', (error) => {
    expect(classifyError(error, 'before-headers').kind).toBe('unknown');
  });
});
