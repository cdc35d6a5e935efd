import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectLinear } from '../../test/fuzz/cpu-growth.ts';
import { isRateLimitHeader, limitResetMs, readRateLimits } from './read-rate-limits.ts';

const wallNow = Date.UTC(2030, 0, 1);
const read = (headers: Record<string, string>) => readRateLimits(Object.entries(headers).flat(), wallNow);
const reset = (headers: Record<string, string>) => limitResetMs(Object.entries(headers).flat(), wallNow);

describe('names of headers', () => {
  it.each([
    'x-ratelimit-limit-requests',
    'x-ratelimit-remaining-tokens',
    'x-ratelimit-reset-tokens-minute',
    'x-ratelimit-remaining-req-minute',
    'x-rate-limit-remaining',
    'x-ratelimit-reset',
    'ratelimit',
    'ratelimit-policy',
    'ratelimit-reset',
    'somebody-ratelimit-requests-reset',
    'somebody-ratelimit-input-tokens-remaining',
  ])('%s tells of a limit', (name) => {
    expect(isRateLimitHeader(name)).toBe(true);
  });

  it.each([
    'content-type',
    'x-ratelimit-key',
    'x-ratelimit-remaining-input-images',
    'x-ratelimit-limit-audio-seconds-minute',
    'x-ratelimit-tokens-query-cost',
    'x-ratelimit',
    'unratelimited',
    'ratelimit-policy-more',
    'a-b-ratelimit-reset',
  ])('%s does not', (name) => {
    expect(isRateLimitHeader(name)).toBe(false);
  });
});

describe('what the headers of an answer say', () => {
  it('is nothing when there are none', () => {
    expect(readRateLimits([], wallNow)).toBeUndefined();
    expect(read({ 'content-type': 'text/plain' })).toBeUndefined();
    expect(read({ 'x-ratelimit-limit-requests': 'many' })).toBeUndefined();
    const unlimited = { 'x-ratelimit-limit-tokens': '-1', 'x-ratelimit-remaining-tokens': '-1' };
    expect(read({ ...unlimited, 'x-ratelimit-reset-tokens': '0' })).toBeUndefined();
  });

  it('comes with units in the names and durations in the resets', () => {
    expect(
      read({
        'x-ratelimit-limit-requests': '10000',
        'x-ratelimit-remaining-requests': '9999',
        'x-ratelimit-reset-requests': '6ms',
        'x-ratelimit-limit-tokens': '2000000',
        'x-ratelimit-remaining-tokens': '1999400',
        'x-ratelimit-reset-tokens': '1m26.4s',
      }),
    ).toEqual({
      requests: { limit: 10_000, remaining: 9_999, resetMs: 6 },
      tokens: { limit: 2_000_000, remaining: 1_999_400, resetMs: 86_400 },
    });
  });

  it('comes with dates, and with the unit before the word', () => {
    expect(
      read({
        'somebody-ratelimit-requests-limit': '4000',
        'somebody-ratelimit-requests-remaining': '3999',
        'somebody-ratelimit-requests-reset': '2030-01-01T00:00:09Z',
      }),
    ).toEqual({ requests: { limit: 4_000, remaining: 3_999, resetMs: 9_000 }, tokens: undefined });
  });

  it('is of several limits the one of which the least is left', () => {
    const headers = {
      'somebody-ratelimit-tokens-limit': '12000',
      'somebody-ratelimit-tokens-remaining': '11000',
      'somebody-ratelimit-input-tokens-limit': '10000',
      'somebody-ratelimit-input-tokens-remaining': '9900',
      'somebody-ratelimit-output-tokens-limit': '2000',
      'somebody-ratelimit-output-tokens-remaining': '100',
    };
    expect(read(headers)?.tokens).toEqual({ limit: 2_000, remaining: 100, resetMs: undefined });
    expect(read({ 'x-ratelimit-limit-tokens-minute': '9', ...headers })?.tokens?.limit).toBe(2_000);
    expect(read({ ...headers, 'x-ratelimit-remaining-tokens-day': '0' })?.tokens?.remaining).toBe(0);
  });

  it.each<[string, Record<string, string>]>([
    ['a list', { ratelimit: '"api";r=49;t=12', 'ratelimit-policy': '"fixed window";"api";q=500;w=300' }],
    ['an older list', { ratelimit: 'limit=500, remaining=49, reset=12' }],
    ['three headers', { 'ratelimit-limit': '500, 500;w=300', 'ratelimit-remaining': '49', 'ratelimit-reset': '12' }],
    [
      'a moment in seconds',
      { 'x-ratelimit-limit': '500', 'x-ratelimit-remaining': '49', 'x-ratelimit-reset': String(wallNow / 1000 + 12) },
    ],
    [
      'a moment in milliseconds',
      { 'x-ratelimit-limit': '500', 'x-ratelimit-remaining': '49', 'x-ratelimit-reset': String(wallNow + 12_000) },
    ],
  ])('comes without a unit as %s', (_form, headers) => {
    expect(read(headers)?.requests).toEqual({ limit: 500, remaining: 49, resetMs: 12_000 });
  });

  it('comes as a list of several, by name', () => {
    const list = { ratelimit: '"requests";r=9;t=5, "tokens-per-minute";r=0;t=60' };
    expect(read(list)).toEqual({
      requests: { limit: undefined, remaining: 9, resetMs: 5_000 },
      tokens: { limit: undefined, remaining: 0, resetMs: 60_000 },
    });
  });

  it('is believed for an hour at most', () => {
    const headers = { 'x-ratelimit-remaining-requests-day': '9', 'x-ratelimit-reset-requests-day': '24480.63' };
    expect(read(headers)?.requests?.resetMs).toBe(3_600_000);
  });
});

describe('when a limit that refused lets others through', () => {
  const headers = { 'x-ratelimit-reset-requests': '2m59.56s', 'x-ratelimit-reset-tokens': '7.66s' };

  it('is the soonest reset, unless one limit says that it is used up', () => {
    expect(reset(headers)).toBe(7_660);
    expect(reset({ ...headers, 'x-ratelimit-remaining-requests': '0' })).toBe(179_560);
    expect(reset({ ...headers, 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-remaining-tokens': '0' })).toBe(
      179_560,
    );
    expect(reset({ 'x-ratelimit-remaining-requests': '0' })).toBeUndefined();
  });
});

it('never throws, and never says less than nothing', () => {
  const names = fc.constantFrom(
    'ratelimit',
    'ratelimit-policy',
    'x-ratelimit-reset',
    'x-ratelimit-limit-tokens',
    'x-ratelimit-remaining',
    'x-ratelimit-remaining-tokens',
  );
  const values = fc.oneof(fc.string(), fc.stringMatching(/^["a-z=;, 0-9.:TZ-]{0,60}$/));
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values), { maxLength: 20 }), (headers) => {
      const reading = readRateLimits(headers.flat(), wallNow);
      for (const limit of [reading?.requests, reading?.tokens]) {
        for (const number of [limit?.limit, limit?.remaining, limit?.resetMs])
          if (number !== undefined) expect(number).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

it('takes a time that grows with the length of a header only', () => {
  for (const piece of ['"', 'r=1;', '"a",', '1']) {
    expectLinear({
      size: 50_000,
      prepare: (size) => {
        const value = piece.repeat(size / piece.length);
        return () => read({ ratelimit: value, 'x-ratelimit-reset': value, 'x-ratelimit-limit': value });
      },
    });
  }
  expectLinear({
    size: 50_000,
    prepare: (size) => {
      const name = `${'a'.repeat(size)}-ratelimit-${'limit-'.repeat(size)}`;
      return () => isRateLimitHeader(name);
    },
  });
});
