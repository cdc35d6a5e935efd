import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardHeaders, forwardJsonHeaders } from './forward-headers.ts';

const credentialHeaders = ['authorization', 'Bearer upstream-key'];

function names(flat: readonly string[]): string[] {
  return flat.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

describe('forwardHeaders', () => {
  it('passes what belongs to the request, in order and spelling, then the credential', () => {
    const raw = ['Accept', 'a/b', 'X-Custom', '1', 'X-Custom', '2', 'Content-Type', 'audio/wav', 'OpenAI-Beta', 'v2'];
    expect(forwardHeaders(raw, { credentialHeaders })).toEqual([...raw, ...credentialHeaders]);
  });

  it.each([
    'Authorization',
    'X-API-Key',
    'api-key',
    'x-goog-api-key',
    'Cookie',
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Upgrade',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Anything',
    'Forwarded',
    'X-Real-IP',
    'Via',
    'Expect',
    'Accept-Encoding',
    'X-Gateway-Trail',
    'X-HTTP-Method-Override',
    'X-Original-URL',
    'OpenAI-Organization',
    'OpenAI-Project',
    'x_api_key',
    'X_Forwarded-For',
    'content_length',
    'Transfer_Encoding',
    'X-Tenant-ID',
    'X-Signature',
  ])('keeps %s here', (name) => {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(forwardHeaders([spelling, 'value'], { credentialHeaders: [] })).toEqual([]);
      expect(forwardJsonHeaders([spelling, 'value'], [])).toEqual([]);
    }
  });

  it('drops what Connection lists, what the credential replaces and what the caller names', () => {
    const raw = [
      'X-Hop',
      '1',
      'Connection',
      'close, x-hop',
      'X-Auth',
      'mine',
      'X_Auth',
      'mine',
      'X-Extra',
      '1',
      'X-Kept',
      '1',
    ];
    const options = { credentialHeaders: ['x-auth', 'theirs'], extraDrop: new Set(['x-extra']) };
    expect(forwardHeaders(raw, options)).toEqual(['X-Kept', '1', 'x-auth', 'theirs']);
  });

  it.each([
    ['X-A\r\nHost', 'evil'],
    ['X-A: b', 'c'],
    ['X A', 'b'],
    ['', 'b'],
    ['X-A', 'b\r\nHost: evil'],
    ['X-A', 'b\nc'],
    ['X-A', 'b\0c'],
    ['Content-Length ', '5'],
    ['\tHost', 'evil'],
  ])('drops what could end a header early: %j: %j', (name, value) => {
    expect(forwardHeaders([name, value], { credentialHeaders: [] })).toEqual([]);
    expect(forwardJsonHeaders([name, value], [])).toEqual([]);
  });

  it('lets no name through that some server takes for one of the forbidden ones', () => {
    const forbidden = [
      'authorization',
      'x-api-key',
      'api-key',
      'cookie',
      'host',
      'content-length',
      'transfer-encoding',
      'x-forwarded-for',
      'connection',
    ];
    const disguised = fc.constantFrom(...forbidden).chain((name) =>
      fc
        .tuple(
          fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }),
          fc.boolean(),
          fc.constantFrom('', ' ', '\t', '\r', '\n', '\0', ':', '\u00a0'),
        )
        .map(([cases, underscores, tail]) => {
          const cased = [...name]
            .map((letter, index) => (cases[index] === true ? letter.toUpperCase() : letter))
            .join('');
          return (underscores ? cased.replaceAll('-', '_') : cased) + tail;
        }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(disguised, fc.string())), (headers) => {
        expect(forwardHeaders(headers.flat(), { credentialHeaders: [] })).toEqual([]);
        expect(forwardJsonHeaders(headers.flat(), [])).toEqual([]);
      }),
    );
  });
});

describe('forwardJsonHeaders', () => {
  it('passes the allow-list only, and then the credential', () => {
    const raw = [
      'Content-Type',
      'application/json',
      'User-Agent',
      'ua',
      'X-Custom',
      '1',
      'HTTP-Referer',
      'r',
      'X-Title',
      't',
      'Anthropic-Beta',
      'b',
      'OpenAI-Beta',
      'o',
      'X-Stainless-OS',
      'Linux',
      'Idempotency-Key',
      'k',
      'traceparent',
      '00-1',
      'Accept',
      '*/*',
      'Referer',
      'x',
      'Authorization',
      'Bearer mine',
    ];
    const forwarded = forwardJsonHeaders(raw, credentialHeaders);
    expect(names(forwarded)).toEqual([
      'content-type',
      'user-agent',
      'http-referer',
      'x-title',
      'anthropic-beta',
      'openai-beta',
      'idempotency-key',
      'traceparent',
      'accept',
      'authorization',
    ]);
    expect(forwarded).not.toContain('Bearer mine');
  });

  it('lets the credential replace a header of the same name', () => {
    expect(forwardJsonHeaders(['Anthropic-Version', '1'], ['anthropic-version', '2'])).toEqual([
      'anthropic-version',
      '2',
    ]);
  });
});
