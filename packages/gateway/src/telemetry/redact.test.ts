import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedact } from './redact.ts';

const all = createRedact({ personalData: true });
const secretsOnly = createRedact({ personalData: false });
const letters = 'Q7wE9rT2yU4iO6pA8sD1fG3hJ5kL0zXcVbNmQ7wE9rT2yU4iO6p';

describe('secrets', () => {
  it.each([
    [`key sk-proj-${letters} refused`, 'key [API_KEY] refused'],
    ['sk-canary-123456', '[API_KEY]'],
    [`sk-ant-api03-${letters}-AA`, '[API_KEY]'],
    [`gsk_${letters}`, '[API_KEY]'],
    [`csk-${letters}`, '[API_KEY]'],
    [`xai-${letters}`, '[API_KEY]'],
    ['AKIAIOSFODNN7EXAMPLE', '[API_KEY]'],
    [`(AIza${letters.slice(0, 35)})`, '([API_KEY])'],
    [`ghp_${letters.slice(0, 36)}`, '[API_KEY]'],
    [`hf_${letters.slice(0, 34)}`, '[API_KEY]'],
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [TOKEN]'],
    ['Basic dXNlcjpwYXNz', 'Basic [TOKEN]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '[JWT]'],
    ['https://user:hunter2@host/path', 'https://[CREDENTIALS]@host/path'],
    ['GET /v1?key=abcdef&alt=sse', 'GET /v1?key=[SECRET]&alt=sse'],
    ['{"api_key":"plainvalue"}', '{"api_key":"[SECRET]"}'],
    ['{\\"api_key\\":\\"plainvalue\\"}', '{\\"api_key\\":\\"[SECRET]\\"}'],
    ['password = hunter2', 'password = [SECRET]'],
    ['-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----.', '[PRIVATE_KEY].'],
  ])('masks %s', (text, expected) => {
    expect(secretsOnly(text)).toBe(expected);
    expect(all(text)).toBe(expected);
  });

  it.each([
    'Bearer authentication is required',
    'Basic authentication is off',
    'risk-assessment of task-scheduler-jobs',
    'model xai-grok-beta on pplx-70b-online-fast',
    'unknown key: retries_per_target',
    'https://host/path?model=a@b',
  ])('leaves %s alone', (text) => {
    expect(secretsOnly(text)).toBe(text);
  });
});

describe('personal data', () => {
  it.each([
    ['mail bob.smith+x@mail.example.co.uk.', 'mail [EMAIL].'],
    ['<a@b.io>,c@d.org', '<[EMAIL]>,[EMAIL]'],
    ['card 4111 1111 1111 1111 ok', 'card [CREDIT_CARD] ok'],
    ['2024 4111-1111-1111-1111', '2024 [CREDIT_CARD]'],
    ['378282246310005', '[CREDIT_CARD]'],
    ['3782 822463 10005', '[CREDIT_CARD]'],
    ['ssn 123-45-6789', 'ssn [SSN]'],
    ['call +49 (30) 901820-11 now', 'call [PHONE] now'],
    ['call (415) 555-2671', 'call [PHONE]'],
    ['415-555-2671 or 415.555.2671', '[PHONE] or [PHONE]'],
  ])('masks %s when asked to', (text, expected) => {
    expect(all(text)).toBe(expected);
    expect(secretsOnly(text)).toBe(text);
  });

  it.each([
    '1763640000000',
    '1763640000000000000',
    '4111111111111112',
    'req-4111111111111111',
    '2025-11-20T12:00:00.000Z and 2025-11-20T12:00:00+00:00',
    'req-0f3a9c21b7de 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'chatcmpl-4155552671 id 4155552671 tokens 123456789',
    'gpt-4o-2024-08-06 claude-3-5-sonnet@20240620 package@1.2.3',
    '10.0.0.1:443 192.168.100.200',
    '666-12-3456 000-12-3456',
    '1e+10 a+1234567890',
  ])('leaves %s alone', (text) => {
    expect(all(text)).toBe(text);
  });

  it('masks twice as once', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom(
        'a@b.io ',
        ' 4111 1111 1111 1111 ',
        'Bearer abcdefg1 ',
        ' +4930901820 ',
        'sk-abcdefgh1234 ',
        '://u:p@h ',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const once = all(pieces.join(''));
        expect(all(once)).toBe(once);
      }),
    );
  });

  it('never lets a key through, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(all(`${before} sk-canary-Zx81Kq ${after}`)).not.toContain('canary-Zx81Kq');
      }),
    );
  });
});

describe('hostile text', () => {
  const units = [
    'a',
    '1',
    '1 ',
    '1-',
    '-',
    '@',
    'a@',
    'a@a.',
    '.',
    '+',
    '+1',
    '+1 ',
    '(415) ',
    '415-',
    'eyJ',
    'eyJ-',
    'eyJaaaaaaaa.',
    'sk-',
    'sk',
    'Bearer ',
    'Bearer',
    'Basic+',
    '://',
    '://a',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '?key=',
    'key',
    'api_key',
    'api_key:',
    'api_key="',
    'password=  ',
    '4111 ',
    '4111111111111111 ',
    'AKIA',
    '\\"',
    ' ',
    '\n',
    'é',
    '[',
    '123-45-',
    'xox',
    'secret_access_',
    'x-api-',
    'A',
    'ghp_a',
  ];

  // A megabyte through a quadratic pattern is 10^12 steps and would outlast any limit; linear ones take milliseconds.
  it.each(units)('gets through a megabyte of %j', (unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
    expect(typeof all(text)).toBe('string');
    expect(typeof all(`${text}!`)).toBe('string');
  });

  it('gets through megabytes of random mixtures', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...units), { minLength: 1, maxLength: 6 }), (mixture) => {
        const unit = mixture.join('');
        expect(typeof all(unit.repeat(Math.ceil(200_000 / unit.length)))).toBe('string');
      }),
      { numRuns: 40 },
    );
  });
});
