import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectLinear } from '../../test/fuzz/cpu-growth.ts';
import { classifyBody, classifyStatus } from './classify.ts';
import { errorSamples } from './error-bodies.fixture.ts';
import { failureTraits } from './failure-table.ts';
import { isRateLimitHeader } from './read-rate-limits.ts';

function classify(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return classifyStatus({
    status,
    headers: (name) => headers[name],
    rateLimits: Object.entries(headers)
      .filter(([name]) => isRateLimitHeader(name))
      .flat(),
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
    const hostile: readonly ((length: number) => string)[] = [
      (length) => `${'{"error":'.repeat(length / 10)}1${'}'.repeat(length / 10)}`,
      (length) => '['.repeat(length),
      (length) => 'a.'.repeat(length / 2),
      (length) => '<'.repeat(length),
    ];
    for (const bodyOf of hostile) {
      expectLinear({
        size: 50_000,
        prepare: (size) => {
          const body = bodyOf(size);
          return () => classify(400, body);
        },
      });
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
    [{ choices: [{ finish_reason: 'error', error: { code: 429, message: 'x' } }] }, 'rate_limited'],
    [{ base_resp: { status_code: 1002, status_msg: 'slow down' } }, 'rate_limited'],
    [{ base_resp: { status_code: 1008, status_msg: 'no' } }, 'quota_exhausted'],
    [{ base_resp: { status_code: 1000, status_msg: 'unknown error' } }, 'transient'],
    [{ message: 'Too many tokens, please wait.', __type: 'throttlingException' }, 'rate_limited'],
    [{ error: { message: 'role must not be "insufficient balance"', type: 'invalid_value' } }, 'caller_fault'],
    [{ error: 'something happened' }, 'transient'],
    [{}, 'transient'],
  ])('%j is %s', (body, kind) => {
    expect(classifyBody(Buffer.from(JSON.stringify(body))).kind).toBe(kind);
  });

  test('a wait in its words is believed where time cures', () => {
    const told = (code: string) =>
      classifyBody(Buffer.from(JSON.stringify({ error: { code, message: 'Please try again in 1.5s.' } })));
    expect(told('rate_limit_exceeded').retryAfterMs).toBe(1_500);
    expect(told('overloaded').retryAfterMs).toBe(1_500);
    expect(told('content_filter').retryAfterMs).toBeUndefined();
  });

  test('no body is a fault of the upstream', () => {
    expect(classifyBody(undefined)).toMatchObject({ kind: 'transient', status: 0 });
  });
});
