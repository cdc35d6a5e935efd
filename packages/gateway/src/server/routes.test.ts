import { describe, expect, it } from 'vitest';
import { matchRoute } from './routes.ts';

const short = (method: string, target: string): string => {
  const match = matchRoute(method, target);
  if (match.kind === 'error') return match.error.kind;
  if (match.kind === 'stored') return `${match.action} ${match.id} ${match.query}`.trim();
  return match.kind === 'page'
    ? `${match.page} ${match.query}`.trim()
    : `${match.operation} ${match.tail} ${match.query}`.trim();
};

describe('a whole URL as request target', () => {
  it.each([
    ['GET', 'http://gateway.test/v1/models', 'models'],
    ['GET', 'HTTPS://gateway.test:8443/health?detailed=true', 'health detailed=true'],
    ['GET', 'http://gateway.test', 'health'],
    ['GET', 'http://gateway.test?detailed=true', 'health detailed=true'],
    ['POST', 'http://[::1]:8080/v1/chat/completions?a=1', 'chat chat/completions a=1'],
    ['POST', 'http://gateway.test/v1/m/tokenize?a=1', 'proxy /tokenize?a=1'],
    ['GET', 'http://gateway.test/v1/responses/resp_gw1/input_items?limit=1', 'items resp_gw1 limit=1'],
  ])('leads where its path leads: %s %s', (method, target, expected) => {
    expect(short(method, target)).toBe(expected);
    const path = target.replace(/^\w+:\/\/[^/?]+\/?/, '/');
    expect(matchRoute(method, target)).toEqual(matchRoute(method, path));
  });

  it.each([
    'ftp://gateway.test/v1/models',
    'http:/v1/models',
    'http:///v1/models',
    'http://',
    'http://user@gateway.test/v1/models',
    'http://gateway.test#/v1/models',
    'http://gateway.test\\/v1/models',
    'http://gateway.test//evil.test/v1/models',
    'gateway.test:80',
    'v1/models',
    '*',
    '',
  ])('is refused when it is none of its kind: %s', (target) => expect(short('GET', target)).toBe('bad_path'));
});
