import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeadRules, readHead } from '../../src/relay/reply-headers.ts';
import { runs } from './runs.ts';

const names = [
  'Content-Type',
  'content-LENGTH',
  'Content-Encoding',
  'Set-Cookie',
  'Transfer-Encoding',
  'Connection',
  'X-Request-Id',
  'X-RateLimit-Limit-Requests',
  'x-gateway-target',
  'CF-Ray',
  'Server',
];
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const name = fc.oneof(
  fc.constantFrom(...names).map((text) => Buffer.from(text)),
  bytes(20),
);
const header = fc.tuple(
  name,
  fc.oneof(
    bytes(30),
    fc.constantFrom('gzip', '12', '-1', '1e3', 'text/event-stream').map((text) => Buffer.from(text)),
  ),
);

describe('any head of a provider', () => {
  it('is read without a fault, and nothing of the connection goes on', () => {
    const input = fc.tuple(
      fc.integer({ min: 100, max: 599 }),
      fc.array(header, { maxLength: 20 }),
      fc.boolean(),
      fc.boolean(),
    );
    fc.assert(
      fc.property(input, ([status, headers, renames, isOdd]) => {
        const raw = headers.flat().map((bytes) => bytes.toString('latin1'));
        if (isOdd) raw.pop();
        const head = readHead(status, raw, createHeadRules({ renameRateLimits: renames, replaced: [] }));
        expect(head.status).toBe(status);
        expect(head.headers.length % 2).toBe(0);
        expect(head.headers.every((text) => typeof text === 'string')).toBe(true);
        const passed = head.headers.filter((_text, index) => index % 2 === 0);
        for (const hidden of [
          'set-cookie',
          'transfer-encoding',
          'connection',
          'content-length',
          'server',
          'x-request-id',
          'cf-ray',
        ]) {
          expect(passed).not.toContain(hidden);
        }
        expect(passed.some((text) => text.startsWith('x-gateway-'))).toBe(false);
        head.get('retry-after');
      }),
      runs(2_000),
    );
  });
});
