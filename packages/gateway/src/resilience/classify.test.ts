import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyBody, classifyError, classifyStatus, parseRetryAfter } from './classify.ts';
import { errorSamples } from './error-bodies.fixture.ts';
import { failureTraits } from './failure-table.ts';

function classify(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return classifyStatus({
    status,
    headers: (name) => headers[name],
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    contentType: 'application/json',
    wallNow: Date.UTC(2030, 0, 1),
  });
}

describe('classifyStatus', () => {
  test.each(errorSamples)('$status $name is $kind', ({ status, body, headers, kind, retryAfterMs }) => {
    const failure = classify(status, body, headers);
    expect(failure.kind).toBe(kind);
    expect(failure.status).toBe(status);
    expect(failure.retryAfterMs).toBe(retryAfterMs);
  });

  test('the message names status and code, and nothing else the upstream said', () => {
    const message = 'The prompt "my secret" with key sk-secret at https://internal/ is bad';
    const failure = classify(400, { error: { message, type: 'invalid_request_error', code: 'Odd code' } });
    expect(failure.message).toBe('The upstream refused the request as invalid (HTTP 400, invalid_request_error).');
  });

  test('the body is kept where it helps the caller, and dropped where it may tell of our key', () => {
    expect(classify(400, { error: { message: 'x' } }).body?.toString()).toBe('{"error":{"message":"x"}}');
    expect(classify(401, { error: { message: 'x' } }).body).toBeUndefined();
    expect(classify(500, { error: { message: 'x' } }).body).toBeUndefined();
  });

  test('no body at all is fine', () => {
    for (const status of [0, 100, 200, 301, 400, 401, 402, 403, 404, 429, 500, 503, 529, 999]) {
      const input = { status, headers: () => undefined, body: undefined, contentType: undefined, wallNow: 0 };
      expect(failureTraits).toHaveProperty(classifyStatus(input).kind);
    }
  });

  test('never throws and always knows a kind', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.oneof(fc.json(), fc.string()), (status, body) => {
        expect(failureTraits).toHaveProperty(classify(status, body).kind);
        expect(failureTraits).toHaveProperty(classifyBody(Buffer.from(body)).kind);
      }),
    );
  });

  test('a hostile body costs little', () => {
    const deep = `${'{"error":'.repeat(7000)}1${'}'.repeat(7000)}`;
    for (const body of [deep, '['.repeat(60_000), 'a.'.repeat(500_000), '<'.repeat(500_000)]) {
      const startedAt = performance.now();
      classify(400, body);
      expect(performance.now() - startedAt).toBeLessThan(200);
    }
  });
});

describe('classifyBody', () => {
  test.each([
    [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'overloaded'],
    [{ error: { message: 'slow down', type: 'rate_limit_error' } }, 'rate_limited'],
    [{ error: { code: 502, message: 'Provider returned error' } }, 'transient'],
    [{ error: { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED' } }, 'rate_limited'],
    [{ error: { message: 'too long', code: 'context_length_exceeded' } }, 'context_exceeded'],
    [{ error: { message: 'filtered', code: 'content_filter' } }, 'content_refused'],
    [
      { error: { message: 'tool call failed', type: 'invalid_request_error', code: 'tool_use_failed' } },
      'caller_fault',
    ],
    [
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'x' } } },
      'transient',
    ],
    [{ type: 'response.failed', response: { error: { code: 'rate_limit_exceeded', message: 'x' } } }, 'rate_limited'],
    [{ error: 'something happened' }, 'transient'],
    [{}, 'transient'],
  ])('%j is %s', (body, kind) => {
    expect(classifyBody(Buffer.from(JSON.stringify(body))).kind).toBe(kind);
  });

  test('no body is a fault of the upstream', () => {
    expect(classifyBody(undefined)).toMatchObject({ kind: 'transient', status: 0 });
  });
});

describe('parseRetryAfter', () => {
  const wallNow = Date.UTC(2030, 0, 1);
  const parse = (headers: Record<string, string>, status = 429) =>
    parseRetryAfter({ headers: (name) => headers[name], status, wallNow });

  test.each([
    ['0', 0],
    ['2', 2000],
    ['1.5', 1500],
    ['20ms', 20],
    ['1m0.5s', 60_500],
    ['99999999', 3_600_000],
    ['Tue, 01 Jan 2030 00:00:30 GMT', 30_000],
    ['Mon, 31 Dec 2029 00:00:00 GMT', 0],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 3_600_000],
    ['-5', undefined],
    ['soon', undefined],
    ['2030-01-01', undefined],
    ['NaN', undefined],
    ['', undefined],
    ['1'.repeat(5000), undefined],
  ])('retry-after: %s', (value, expected) => {
    expect(parse({ 'retry-after': value })).toBe(expected);
  });

  test('milliseconds win over seconds, asked waits over resets', () => {
    expect(parse({ 'retry-after-ms': '250', 'retry-after': '1' })).toBe(250);
    expect(parse({ 'retry-after': '1', 'x-ratelimit-reset-requests': '9s' })).toBe(1000);
  });

  test('resets count only when the limit refused, and the exhausted one decides', () => {
    const headers = { 'x-ratelimit-reset-requests': '2m59.56s', 'x-ratelimit-reset-tokens': '7.66s' };
    expect(parse(headers)).toBe(7660);
    expect(parse(headers, 503)).toBeUndefined();
    expect(parse({ ...headers, 'x-ratelimit-remaining-requests': '0' })).toBe(179_560);
  });
});

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

const recordings = fileURLToPath(new URL('../../../../../shared/recordings/', import.meta.url));

interface Recording {
  readonly file: string;
  readonly status: number;
  readonly res: string | { readonly b64: string };
  readonly resH: Readonly<Record<string, string>>;
}

/** Exchanges recorded beside the repository: real error answers, each by a line of JSON. */
function recordedErrors(): Recording[] {
  const files = readdirSync(recordings).filter((name) => name.endsWith('.jsonl.gz'));
  return files.flatMap((name) =>
    gunzipSync(readFileSync(recordings + name))
      .toString('utf8')
      .split('\n')
      .filter((line) => /"status": ?[45]\d\d[,}]/.test(line))
      .map((line) => JSON.parse(line) as Recording)
      .filter((recording) => recording.status >= 400),
  );
}

const isRecorded = existsSync(recordings);
test.skipIf(!isRecorded)(
  `recorded errors are read sensibly${isRecorded ? '' : ' (skipped: no recordings here)'}`,
  () => {
    const expected: Readonly<Record<number, RegExp>> = {
      400: /caller_fault|context_exceeded|content_refused|model_gone|credential_refused|quota_exhausted/,
      401: /credential_refused/,
      403: /credential_refused|model_gone|content_refused|quota_exhausted/,
      404: /model_gone/,
      422: /caller_fault|context_exceeded/,
      429: /rate_limited|quota_exhausted/,
    };
    const errors = recordedErrors();
    expect(errors.length).toBeGreaterThan(50);
    for (const { status, res, resH } of errors) {
      const body = typeof res === 'string' ? res : Buffer.from(res.b64, 'base64').toString('latin1');
      const headers = Object.fromEntries(
        Object.entries(resH ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
      );
      const { kind } = classify(status, body, headers);
      expect(kind, body.slice(0, 300)).toMatch(expected[status] ?? /transient|overloaded|caller_fault/);
      if (/context (?:length|window)|too many tokens|prompt (?:is )?too long/i.test(body))
        expect(kind).toBe('context_exceeded');
    }
  },
);
