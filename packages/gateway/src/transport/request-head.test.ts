import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyLengthOf, encodeRequestHead } from './request-head.ts';
import type { UpstreamRequest } from './upstream-call.ts';

const request: UpstreamRequest = {
  origin: 'http://upstream:8080',
  method: 'POST',
  path: '/v1/chat?x=1',
  headers: ['content-type', 'application/json'],
  body: Buffer.from('{}'),
  connectMs: 1_000,
};

const encode = (more: Partial<UpstreamRequest>): string => {
  const whole = { ...request, ...more };
  return encodeRequestHead(whole, 'upstream:8080', bodyLengthOf(whole));
};

describe('the head of a request', () => {
  it('has the path, the headers in their order, the host and the length', () => {
    expect(encode({})).toBe(
      'POST /v1/chat?x=1 HTTP/1.1\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n' +
        'host: upstream:8080\r\ncontent-length: 2\r\n\r\n',
    );
  });

  it('keeps the host that the request names, as signatures need it', () => {
    const head = encode({ headers: ['Host', 'signed.example'] });
    expect(head).toContain('\r\nHost: signed.example\r\n');
    expect(head).not.toContain('upstream:8080');
  });

  it('says how long the body is, whatever its kind', () => {
    expect(encode({ body: undefined })).toMatch(/\r\ncontent-length: 0\r\n\r\n$/);
    expect(encode({ method: 'GET', body: undefined })).not.toMatch(/length|encoding/);
    expect(encode({ body: Readable.from([]) })).toMatch(/\r\ntransfer-encoding: chunked\r\n\r\n$/);
    const announced = encode({ body: Readable.from([]), headers: ['Content-Length', '7'] });
    expect(announced.match(/content-length: 7/gi)).toHaveLength(1);
    expect(encode({ headers: ['content-length', '99'] }).match(/content-length: \d+/g)).toEqual(['content-length: 2']);
  });

  it('passes the upper half of Latin-1 as the bytes that came', () => {
    const head = encode({ path: '/\xe9', headers: ['x-name', 'caf\xe9\t!'] });
    expect(Buffer.from(head, 'latin1').toString('latin1')).toBe(head);
    expect(head).toContain('caf\xe9\t!');
  });
});

describe('a request that would be read as two', () => {
  it.each([
    { path: '/ HTTP/1.1\r\nx: y' },
    { path: '' },
    { path: '/\u{1f600}' },
    { method: 'GET /' },
    { headers: ['x', 'a\r\nevil: b'] },
    { headers: ['x', 'a\nevil: b'] },
    { headers: ['x', '\0'] },
    { headers: ['x', '\u0100'] },
    { headers: ['x: y\r\nz', 'a'] },
    { headers: ['', 'a'] },
    { headers: ['x y', 'a'] },
  ])('is refused: %j', (more) => {
    expect(() => encode(more)).toThrow(expect.objectContaining({ code: 'UPSTREAM_REQUEST_INVALID' }));
  });

  it('is never written, whatever is in its parts', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '\r', '\n', ':', '\t', '\0', 'é', 'Ā', '/'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(text, fc.array(fc.tuple(text, text), { maxLength: 3 }), (path, headers) => {
        let head: string;
        try {
          head = encode({ path: `/${path}`, headers: headers.flat() });
        } catch {
          return;
        }
        const lines = head.split('\r\n');
        expect(head.indexOf('\r\n\r\n')).toBe(head.length - 4);
        expect(lines).toHaveLength(headers.length + 6);
        expect(head).not.toMatch(/[^\r]\n|\r[^\n]/);
      }),
    );
  });
});
