import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, canonicalQuery, type RequestToSign, signRequest } from './sigv4.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
};

const vanilla: RequestToSign = {
  method: 'GET',
  path: '/',
  query: '',
  headers: { host: 'example.amazonaws.com' },
  body: Buffer.alloc(0),
  region: 'us-east-1',
  service: 'service',
  credentials,
  date: new Date('2015-08-30T12:36:00Z'),
};

const emptyHash = createHash('sha256').digest('hex');

function signatureOf(request: RequestToSign): string {
  return /Signature=([0-9a-f]{64})$/.exec(signRequest(request)['authorization']!)![1]!;
}

// Names and signatures of AWS's own suite, aws-sig-v4-test-suite.
describe('signRequest', () => {
  it('gives the headers of get-vanilla', () => {
    expect(signRequest(vanilla)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        'SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    });
  });

  it.each([
    [
      'get-vanilla-query-order-key-case',
      { query: 'Param2=value2&Param1=value1' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-vanilla-empty-query-key',
      { query: 'Param1=value1' },
      'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
    ],
    [
      'get-vanilla-query-unreserved',
      {
        query:
          '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      },
      '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    ],
    ['get-utf8', { path: '/ሴ' }, '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-x-www-form-urlencoded',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'example.amazonaws.com' },
        body: Buffer.from('Param1=value1'),
      },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      'get-header-value-trim',
      { headers: { host: 'example.amazonaws.com', 'my-header1': ' value1', 'my-header2': ' "a   b   c"' } },
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    ['normalize-path get-relative', { path: '/example/..' }, signatureOf(vanilla)],
    ['normalize-path get-slash-dot-slash', { path: '/./' }, signatureOf(vanilla)],
    ['normalize-path get-slashes', { path: '//' }, signatureOf(vanilla)],
  ] as const)('agrees with %s', (_, change, signature) => {
    expect(signatureOf({ ...vanilla, ...change })).toBe(signature);
  });

  it('signs a session token (post-sts-header-before)', () => {
    const sessionToken =
      'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwt' +
      'hAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVX' +
      'AkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
    const signed = signRequest({ ...vanilla, method: 'POST', credentials: { ...credentials, sessionToken } });
    expect(signed['x-amz-security-token']).toBe(sessionToken);
    expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token, ');
    expect(signed['authorization']).toMatch(/85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead$/);
  });

  it('covers method, path, query, headers, body, place and time', () => {
    const changes: readonly Partial<RequestToSign>[] = [
      { method: 'POST' },
      { path: '/a' },
      { query: 'a=b' },
      { headers: { host: 'other' } },
      { headers: { ...vanilla.headers, 'content-type': 'application/json' } },
      { body: Buffer.from('{}') },
      { region: 'eu-west-1' },
      { service: 'other' },
      { date: new Date('2015-08-30T12:36:01Z') },
      { credentials: { ...credentials, secretAccessKey: 'other' } },
      { credentials: { ...credentials, sessionToken: 'token' } },
    ];
    const signatures = [vanilla, ...changes.map((change) => ({ ...vanilla, ...change }))].map(signatureOf);
    expect(new Set(signatures).size).toBe(signatures.length);
    expect(signatures.join()).not.toContain(emptyHash);
  });

  it('does not depend on the order of headers and parameters', () => {
    const headers = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.stringMatching(/^[ -~]{0,20}$/));
    const params = fc.uniqueArray(fc.tuple(fc.webQueryParameters(), fc.webQueryParameters()), { maxLength: 4 });
    fc.assert(
      fc.property(headers, params, (more, pairs) => {
        const shuffled = Object.fromEntries(Object.entries({ ...vanilla.headers, ...more }).reverse());
        const items = pairs.flat().flatMap((text) => text.split('&'));
        const one = { ...vanilla, headers: { ...vanilla.headers, ...more }, query: items.join('&') };
        const other = { ...vanilla, headers: shuffled, query: items.toReversed().join('&') };
        expect(signatureOf(one)).toBe(signatureOf(other));
      }),
    );
  });
});

describe('canonicalPath', () => {
  it.each([
    ['/model/some.model-v1%3A0/converse', '/model/some.model-v1%253A0/converse'],
    ['/model/some.model-v1:0/converse', '/model/some.model-v1%3A0/converse'],
    [
      '/model/arn%3Aaws%3Abedrock%3A%3A1%3Ax%2Fy/converse',
      '/model/arn%253Aaws%253Abedrock%253A%253A1%253Ax%252Fy/converse',
    ],
    ['/example space/', '/example%20space/'],
    ["/-._~!'()*", '/-._~%21%27%28%29%2A'],
    ['/a/b/../c', '/a/c'],
    ['/a/./b//c/', '/a/b/c/'],
    ['', '/'],
  ])('has %s as %s', (path, canonical) => {
    expect(canonicalPath(path)).toBe(canonical);
  });

  it('keeps a path of encoded segments apart from every other', () => {
    const segment = fc.string({ minLength: 1, unit: 'grapheme' }).map(encodeURIComponent);
    const plain = segment.filter((text) => text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1 }), (segments) => {
        const path = `/${segments.join('/')}`;
        const back = canonicalPath(path).split('/').map(decodeURIComponent).join('/');
        expect(back).toBe(path);
      }),
    );
  });
});

describe('canonicalQuery', () => {
  it.each([
    ['b=2&a=1', 'a=1&b=2'],
    ['a=2&a=1', 'a=1&a=2'],
    ['a', 'a='],
    ['a=b=c', 'a=b%3Dc'],
    ['a=%7e%2f', 'a=~%2F'],
    ['a=%', 'a=%25'],
    ['a b=ሴ', 'a%20b=%E1%88%B4'],
  ])('has %s as %s', (query, canonical) => {
    expect(canonicalQuery(query)).toBe(canonical);
  });
});
