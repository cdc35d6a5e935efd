import { describe, expect, it } from 'vitest';
import { matchRoute } from './routes.ts';

const short = (method: string, target: string): string => {
  const match = matchRoute(method, target);
  if (match.kind === 'error') return match.error.kind;
  if (match.kind === 'admin') return `admin ${match.path} ${match.query}`.trim();
  if (match.kind === 'stored') return `${match.action} ${match.id} ${match.query}`.trim();
  return match.kind === 'page' || match.kind === 'management'
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
    ['GET', 'http://gateway.test/admin/keys?limit=1', 'admin /admin/keys limit=1'],
    ['GET', 'http://gateway.test/api/v1/backends/health?history=true', 'backends_health history=true'],
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

describe('paths of client libraries', () => {
  const model = (target: string) => {
    const match = matchRoute('POST', target);
    return match.kind === 'inference'
      ? `${match.protocol} ${match.operation} ${match.pathModel} ${match.streamAsk}`
      : match.kind;
  };

  it.each([
    ['/v1/messages?beta=true', 'anthropic-messages chat undefined body'],
    ['/v1beta/models/gemini-2.5-flash:generateContent', 'gemini chat gemini-2.5-flash never'],
    ['/v1beta/models/a%2Fb:streamGenerateContent?alt=sse', 'gemini chat a/b frames'],
    ['/v1beta/models/m:streamGenerateContent', 'gemini chat m array'],
    ['/v1beta1/projects/p/locations/eu/publishers/google/models/m:generateContent', 'gemini chat m never'],
    ['/v1/projects/p/locations/global/publishers/google/models/m:countTokens', 'gemini count_tokens m never'],
    ['/model/us.amazon.nova-lite-v1%3A0/converse-stream', 'bedrock-converse chat us.amazon.nova-lite-v1:0 frames'],
    [
      '/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Aprofile%2Fx/converse',
      'bedrock-converse chat arn:aws:bedrock:eu:1:profile/x never',
    ],
    ['/v2/chat', 'cohere-chat chat undefined body'],
    ['/v1/models/m/chat/completions', 'openai-chat chat m body'],
    ['/v1/models/..%2Fx:generateContent', 'error'],
  ])('lead to their wire: %s', (target, expected) => expect(model(target)).toBe(expected));
});
