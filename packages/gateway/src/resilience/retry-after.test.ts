import { describe, expect, it } from 'vitest';
import { parseRetryAfter, waitInBody } from './retry-after.ts';

const wallNow = Date.UTC(2030, 0, 1);
const parse = (headers: Record<string, string>) => parseRetryAfter({ headers: (name) => headers[name], wallNow });

describe('the headers that ask to wait', () => {
  it.each([
    ['0', 0],
    ['2', 2000],
    ['1.5', 1500],
    ['20ms', 20],
    ['1m0.5s', 60_500],
    ['99999999', 3_600_000],
    [String(wallNow / 1000 + 7), 7_000],
    [String(wallNow + 250), 250],
    ['Tue, 01 Jan 2030 00:00:30 GMT', 30_000],
    ['Tuesday, 01-Jan-30 00:00:30 GMT', 30_000],
    ['2030-01-01T00:00:05Z', 5_000],
    ['2030-01-01T01:00:05+01:00', 5_000],
    ['Mon, 31 Dec 2029 00:00:00 GMT', 0],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 3_600_000],
    ['-5', undefined],
    ['soon', undefined],
    ['soon enough', undefined],
    ['2030-01-01', undefined],
    ['NaN', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['1'.repeat(5000), undefined],
  ])('retry-after: %s', (value, expected) => {
    expect(parse({ 'retry-after': value })).toBe(expected);
  });

  it('are believed in milliseconds before seconds, unless those say nothing', () => {
    expect(parse({ 'retry-after-ms': '250', 'retry-after': '1' })).toBe(250);
    expect(parse({ 'retry-after-ms': '1234.5' })).toBe(1235);
    expect(parse({ 'retry-after-ms': '0', 'retry-after': '1' })).toBe(1000);
    expect(parse({ 'retry-after-ms': '0' })).toBe(0);
    expect(parse({ 'retry-after-ms': 'soon' })).toBeUndefined();
    expect(parse({})).toBeUndefined();
  });
});

describe('a wait in an error body', () => {
  it.each([
    [{ retryDelay: '34s' }, 34_000],
    [{ retryDelay: '34.074824224s' }, 34_075],
    [{ retry_after: 30 }, 30_000],
    [{ retryAfter: '2' }, 2_000],
    [{ retry_after_seconds: 1.5 }, 1_500],
    [{ retryAfterMs: '250' }, 250],
    [{ estimated_time: 20.5 }, 20_500],
    [{ retry_after: 1e300 }, undefined],
    [{ retry_after_ms: 1e300 }, 3_600_000],
    [{ retry_after: -1 }, undefined],
    [{ retry_after_seconds: Number.NaN }, undefined],
    [{ retry_after: null, retry_after_ms: [] }, undefined],
    [{ message: 'no' }, undefined],
  ])('%j', (part, expected) => {
    expect(waitInBody(part)).toBe(expected);
  });
});
