import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/canonical/gateway-error.ts';
import { createProxyTail } from '../../src/policies/proxy-path.ts';
import { matchRoute } from '../../src/server/routes.ts';
import { runs } from './runs.ts';

const pieces = [
  '/',
  '/v1',
  '/v1/',
  '/v1/m',
  'models',
  'chat/completions',
  'files',
  'admin',
  '..',
  '.',
  ';',
  '..;',
  '%2e',
  '%2E',
  '%2f',
  '%5c',
  '\\',
  '%25',
  '%252e',
  '%00',
  '%0d%0a',
  '%c0%ae',
  '%ef%bc%8e',
  '%e2%80%a5',
  '\uff0e',
  '\u2025',
  '?',
  '#',
  '@',
  ':',
  '//',
  'http://',
  'evil.test',
  'constructor',
  '__proto__',
  'x',
  ' ',
  '\u0000',
];
const target = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.webPath(),
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 12 })
    .map((parts) => `/v1/m/${parts.join('')}`),
);
const method = fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE', 'constructor', '');

const proxyTail = createProxyTail({ enabled: true, allow: [], deny: ['files', 'admin'] });

function tailOf(rawTail: string): ReturnType<typeof proxyTail> | undefined {
  try {
    return proxyTail(rawTail);
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    return undefined;
  }
}

describe('any request target', () => {
  it('leads to a page, to an operation, or to an error of the table', () => {
    fc.assert(
      fc.property(method, target, (name, path) => {
        const match = matchRoute(name, path);
        if (match.kind === 'error') {
          expect(match.error).toBeInstanceOf(GatewayError);
          expect(match.error.message).not.toMatch(/\p{Cc}/u);
        } else if (match.kind === 'inference') {
          expect(match.operation).toEqual(expect.any(String));
          const segments = (match.pathModel ?? 'none').split('/');
          for (const segment of segments) expect(['', '.', '..']).not.toContain(segment);
        } else if (match.kind === 'stored') {
          expect(match.id).toMatch(/^[\w-]+$/);
        } else if (match.kind === 'admin') {
          expect(match.path).toMatch(/^\/admin\//);
        } else {
          expect(match.page).toEqual(expect.any(String));
        }
      }),
      runs(5_000),
    );
  });

  it('that is forwarded stays under the base of its provider, however often it is decoded', () => {
    let accepted = 0;
    fc.assert(
      fc.property(target, (path) => {
        const match = matchRoute('GET', path);
        const tail = tailOf(match.kind === 'inference' && match.operation === 'proxy' ? match.tail : path);
        if (!tail) return;
        accepted++;
        const base = 'https://provider.test/some/v1';
        let current = tail.path;
        for (let round = 0; round < 6; round++) {
          const url = new URL(`${base}${current}${tail.query === '' ? '' : `?${tail.query}`}`);
          expect([url.host, url.hash, url.username]).toEqual(['provider.test', '', '']);
          expect(url.pathname.startsWith('/some/v1/')).toBe(true);
          expect(url.pathname.split('/').length).toBe(tail.path.split('/').length + 2);
          expect(url.pathname).not.toMatch(/^\/some\/v1\/(?:v1\/)*(?:files|admin)(?:[/;]|$)/i);
          current = decodeOnce(current).normalize('NFKC');
        }
      }),
      runs(8_000),
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
