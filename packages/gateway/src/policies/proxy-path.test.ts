import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { ProxyConfig } from '../config/gateway-config.ts';
import { createProxyTail } from './proxy-path.ts';
import { caught } from './request-view.fixture.ts';

const anything: ProxyConfig = { enabled: true, allow: [], deny: [] };
const rules: ProxyConfig = {
  enabled: true,
  allow: [],
  deny: ['organization', '/fine_tuning/jobs/', 'admin*', 'api_keys/*'],
};

describe('accepted tails', () => {
  it.each([
    ['/embeddings', '/embeddings', ''],
    ['chat/completions', '/chat/completions', ''],
    ['/files/file-1/content?limit=1&after=a%2Fb', '/files/file-1/content', 'limit=1&after=a%2Fb'],
    ['/models/gemini-2.5:generateContent?alt=sse', '/models/gemini-2.5:generateContent', 'alt=sse'],
    ['/threads/', '/threads/', ''],
    ['/a%20b/caf%C3%A9', '/a%20b/caf%C3%A9', ''],
    ['/100%25', '/100%25', ''],
    ['/v1...2/.well-known/..a', '/v1...2/.well-known/..a', ''],
    ['/search?q=../..&at=@x', '/search', 'q=../..&at=@x'],
  ])('%s', (rawTail, path, query) => {
    expect(createProxyTail(anything)(rawTail)).toEqual({ path, query });
  });
});

describe('refused tails', () => {
  it.each([
    '',
    '/',
    '?a=b',
    '/..',
    '/../x',
    '/a/../b',
    '/a/..',
    '/./a',
    '/a/.',
    '/%2e%2e/x',
    '/.%2E/x',
    '/%2e/x',
    '/%252e%252e/x',
    '/%25252e%25252e/x',
    '/a%2fb',
    '/a%2Fb',
    '/a%252fb',
    '/..%2fx',
    '/a%5cb',
    '/a\\b',
    '/\\evil.example',
    '//evil.example/x',
    '/a//b',
    '///',
    '/http://evil.example',
    '/a%00',
    '/a%0d%0aX: y',
    '/a%09',
    '/a\tb',
    '/a b',
    '/a\nb',
    '/user@evil.example',
    '@evil.example',
    '/a%40b',
    '/a%3fb=c',
    '/a%23b',
    '/a#b',
    '/a?b#c',
    '/a?b c',
    '/a?b\r\nHost: x',
    '/%',
    '/%zz',
    '/%2',
    '/a%c0%ae%c0%ae',
    '/%ff',
    '/..;/admin',
    '/..;x=y/z',
    '/%2e%2e%3b/x',
    '/%20..%20/x',
    '/%ef%bc%8e%ef%bc%8e/x',
    '/%e2%80%a5/x',
    '/a%ef%bc%8fb',
    '/café',
    '/;/x',
    '/a/;b/c',
    '/%252525252525252e',
    '/%7f',
    '/%c2%85',
    `/${'a'.repeat(2048)}`,
    '/a|b',
    '/a^b',
    '/a"b',
    '/<a>',
    '/{a}',
    '/`a`',
    '/[a]',
  ])('%j', (rawTail) => {
    expect(caught(() => createProxyTail(anything)(rawTail)).kind).toBe('bad_path');
  });

  it('all of them when the proxy is off', () => {
    expect(caught(() => createProxyTail({ ...anything, enabled: false })('/files')).kind).toBe('not_found');
  });
});

describe('rules', () => {
  it.each([
    '/organization',
    '/organization/users',
    '/ORGANIZATION/users',
    '/%6frganization/users',
    '/%256frganization/users',
    '/organization;x/users',
    '/organization%20/users',
    '/organization?x',
    '/organization/',
    '/fine_tuning/jobs',
    '/fine_tuning/jobs/1',
    '/admin',
    '/administrators/1',
    '/api_keys',
    '/api_keys/1',
    '/v1/organization/users',
    '/api/v1/organization',
    '/v1beta/organization',
    '/%ef%bd%8frganization',
  ])('deny %s', (rawTail) => {
    expect(caught(() => createProxyTail(rules)(rawTail)).kind).toBe('path_denied');
  });

  it.each(['/organizations', '/files/organization', '/fine_tuning/models', '/models/admin', '/api_keyset'])(
    'let %s pass',
    (rawTail) => {
      expect(createProxyTail(rules)(rawTail).path).toBe(rawTail);
    },
  );

  it('with an allow-list keep everything else out, and deny still wins', () => {
    const check = createProxyTail({ enabled: true, allow: ['files', 'batches'], deny: ['files/secret'] });
    expect(check('/files/1').path).toBe('/files/1');
    expect(check('/Batches').path).toBe('/Batches');
    expect(caught(() => check('/filesystem')).kind).toBe('path_denied');
    expect(caught(() => check('/files/secret')).kind).toBe('path_denied');
    expect(caught(() => check('/v1/files')).kind).toBe('path_denied');
  });
});

describe('whatever is accepted', () => {
  const pieces = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2E',
    '%252e',
    '%2f',
    '%252f',
    '%5c',
    '\\',
    '//',
    '@',
    '%40',
    '?',
    '%3f',
    '#',
    ';',
    ':',
    '%',
    '%25',
    '%00',
    'a',
    'B1',
    'organization',
    '%6f',
    'admin',
    'http:',
    'evil.example',
    ' ',
    '%20',
    '\t',
    '\n',
    '%c0%ae',
    '%ef%bc%8e',
    '%ef%bc%8f',
    'é',
    '|',
    '^',
    '=',
    '&',
    '1',
  );
  const mildPieces = fc.constantFrom(
    '.',
    '..',
    '%2e',
    '%25',
    '%2525',
    ';',
    ':',
    'a',
    'B1',
    '%20',
    '%c3%a9',
    'v1',
    'organization',
    '~',
    '%e2%84%aa',
  );
  const segments = fc.array(mildPieces, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
  const tails = fc.oneof(
    fc.array(segments, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.webPath(),
  );

  function accepted(rawTail: string): { path: string; query: string } | undefined {
    try {
      return createProxyTail(rules)(rawTail);
    } catch (error) {
      if (error instanceof GatewayError) return undefined;
      throw error;
    }
  }

  /** The readings that some server on the way may make of a path. */
  function readings(path: string): string[] {
    const list = [path];
    for (let round = 0; round < 6; round++) {
      const current = list.at(-1)!;
      list.push(
        current.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString()),
      );
    }
    return [
      ...list,
      ...list.map((reading) => reading.normalize('NFKC')),
      ...list.map((reading) => reading.replaceAll('\\', '/')),
    ];
  }

  it('stays under the base, on the same host, in every reading', () => {
    fc.assert(
      fc.property(tails, fc.constantFrom('', '/v1', '/openai/deployments/a%2Fb'), (rawTail, base) => {
        const tail = accepted(rawTail);
        if (tail === undefined) return;
        for (const reading of readings(tail.path)) {
          const url = new URL(`https://target.example${base}${reading}${tail.query === '' ? '' : `?${tail.query}`}`);
          expect(url.host).toBe('target.example');
          expect(url.username + url.password + url.hash).toBe('');
          expect(url.pathname.startsWith(`${base}/`)).toBe(true);
          expect(url.pathname.split('/')).toHaveLength(`${base}${tail.path}`.split('/').length);
          expect(
            decodeURIComponent(url.pathname.slice(base.length).replace(/%(?![0-9a-f]{2})/gi, '%25')).toLowerCase(),
          ).not.toMatch(/^\/(organization|admin)(\/|$)/);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('is what came, unchanged', () => {
    fc.assert(
      fc.property(tails, (rawTail) => {
        const tail = accepted(rawTail);
        if (tail === undefined) return;
        const text = tail.query === '' ? tail.path : `${tail.path}?${tail.query}`;
        expect([rawTail, `/${rawTail}`, `/${rawTail}`.replace(/\?$/, ''), rawTail.replace(/\?$/, '')]).toContain(text);
      }),
      { numRuns: 2000 },
    );
  });
});
