import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRequestHead } from './request-head.ts';
import { RequestHeads } from './request-heads.ts';
import type { UpstreamRequest } from './upstream-call.ts';

const HOST = 'upstream:8080';
const request: UpstreamRequest = {
  origin: `http://${HOST}`,
  method: 'POST',
  path: '/v1/chat',
  headers: ['content-type', 'application/json', 'x-request-id', 'req-1'],
  body: undefined,
  connectMs: 1_000,
};

const textOf = (head: Buffer | string): string => (typeof head === 'string' ? head : head.toString('latin1'));

describe('heads of requests to one upstream', () => {
  it('are what each of them would be alone', () => {
    const value = fc.string({ unit: fc.constantFrom('1', '2', '\r', '\u0100'), maxLength: 2 });
    const some = fc.record({
      method: fc.constantFrom('POST', 'PUT', 'a b'),
      path: fc.constantFrom('/a', '/b', '/ b'),
      names: fc.array(fc.constantFrom('x-a', 'Host', 'content-length', 'x b'), { maxLength: 2 }),
      values: fc.tuple(value, value),
      length: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30 }), (all) => {
        const heads = new RequestHeads(HOST);
        for (const { method, path, names, values, length } of all) {
          const one = { ...request, method, path, headers: names.flatMap((name, index) => [name, values[index]!]) };
          let expected: string | undefined;
          try {
            expected = encodeRequestHead(one, HOST, length);
          } catch {
            expect(() => heads.encode(one, length)).toThrow(
              expect.objectContaining({ code: 'UPSTREAM_REQUEST_INVALID' }),
            );
            continue;
          }
          expect(textOf(heads.encode(one, length))).toBe(expected);
        }
      }),
    );
  });

  it('are known again by their path', () => {
    const heads = new RequestHeads(HOST);
    const ask = (path: string, id: string): Buffer | string =>
      heads.encode({ ...request, path, headers: ['x-request-id', id] }, 250);
    for (const path of ['/a', '/b']) expect(ask(path, 'req-1')).toBeTypeOf('string');
    for (const path of ['/a', '/b']) expect(Buffer.isBuffer(ask(path, 'req-2'))).toBe(true);
  });

  it('are put together anew where they are long', () => {
    const heads = new RequestHeads(HOST);
    const one = { ...request, headers: ['x-long', 'a'.repeat(4_096)] };
    for (let count = 0; count < 3; count++) expect(heads.encode(one, 2)).toBe(encodeRequestHead(one, HOST, 2));
  });

  it('are remembered of some paths, however many there are', () => {
    const heads = new RequestHeads(HOST);
    for (let index = 0; index < 100; index++) {
      const one = { ...request, path: `/${index}` };
      expect(textOf(heads.encode(one, 2))).toBe(encodeRequestHead(one, HOST, 2));
    }
  });
});
