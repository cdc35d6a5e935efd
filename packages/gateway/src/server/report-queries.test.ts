import { describe, expect, it } from 'vitest';
import { GatewayError } from '../canonical/gateway-error.ts';
import { readExportQuery, readLatencyQuery, readUsageQuery } from './report-queries.ts';

const now = Date.UTC(2026, 0, 31, 12);
const query = (text: string) => new URLSearchParams(text);

/** The parameter that is complained about. */
function complaint(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof GatewayError && error.status === 400) return error.param;
    throw error;
  }
  return undefined;
}

describe('readLatencyQuery', () => {
  it('looks back an hour unless it is told otherwise', () => {
    expect(readLatencyQuery(query(''))).toEqual({ window: '1h' });
    expect(readLatencyQuery(query('window=&provider=&limit='))).toEqual({ window: '1h' });
  });

  it('takes every parameter', () => {
    const text = 'window=15m&provider=acme&model=large&limit=0&percentiles=50, 99.9';
    const expected = { window: '15m', provider: 'acme', model: 'large', limit: 0, percentiles: [50, 99.9] };
    expect(readLatencyQuery(query(text))).toEqual(expected);
  });

  it.each([
    ['limit=1001', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1e2', 'limit'],
    ['percentiles=0', 'percentiles'],
    ['percentiles=100.1', 'percentiles'],
    ['percentiles=p50', 'percentiles'],
    ['percentiles=50,,90', 'percentiles'],
    [`percentiles=${Array(21).fill('50').join(',')}`, 'percentiles'],
    ['provider=a%00b', 'provider'],
    [`model=${'m'.repeat(257)}`, 'model'],
  ])('refuses %s', (text, name) => expect(complaint(() => readLatencyQuery(query(text)))).toBe(name));
});

describe('readUsageQuery', () => {
  it('looks back a day unless it is told otherwise', () => {
    expect(readUsageQuery(query(''), 'breakdown')).toEqual({ window: '24h', breakdown: false });
  });

  it('takes every parameter', () => {
    const text = 'window=7d&group_by=day&provider=acme&model=large&tenant=one&detailed=true';
    const expected = { window: '7d', groupBy: 'day', provider: 'acme', model: 'large', tenant: 'one', breakdown: true };
    expect(readUsageQuery(query(text), 'detailed')).toEqual(expected);
    expect(readUsageQuery(query(text), 'breakdown').breakdown).toBe(false);
  });

  it.each([
    ['breakdown', true],
    ['breakdown=1', true],
    ['breakdown=0', false],
    ['breakdown=false', false],
  ])('reads %s', (text, expected) => expect(readUsageQuery(query(text), 'breakdown').breakdown).toBe(expected));

  it.each([
    ['group_by=colour', 'group_by'],
    ['group_by=constructor', 'group_by'],
    ['breakdown=yes', 'breakdown'],
    ['tenant=a%0Ab', 'tenant'],
  ])('refuses %s', (text, name) => expect(complaint(() => readUsageQuery(query(text), 'breakdown'))).toBe(name));
});

describe('readExportQuery', () => {
  it('takes the last day as CSV unless it is told otherwise', () => {
    expect(readExportQuery(query(''), now)).toEqual({ from: now - 86_400_000, to: now, format: 'csv', filter: {} });
  });

  it('takes days and times', () => {
    const ask = readExportQuery(query('from=2025-12-01&to=2026-01-01T00:30:00.5Z&format=jsonl&tenant=one'), now);
    expect(ask).toEqual({
      from: Date.UTC(2025, 11, 1),
      to: Date.UTC(2026, 0, 1, 0, 30, 0, 500),
      format: 'jsonl',
      filter: { tenant: 'one' },
    });
  });

  it.each([
    ['from=yesterday', 'from'],
    ['from=2026-02-31', 'from'],
    ['from=2026-01-01T00:00:00', 'from'],
    ['from=2026-01-02&to=2026-01-02', 'from'],
    ['to=2026-13-01', 'to'],
    ['format=xml', 'format'],
  ])('refuses %s', (text, name) => expect(complaint(() => readExportQuery(query(text), now))).toBe(name));
});

describe('a parameter that nobody reads', () => {
  const readExport = (asked: URLSearchParams) => readExportQuery(asked, now);
  const readCosts = (asked: URLSearchParams) => readUsageQuery(asked, 'breakdown');

  it.each([
    ['of an export', readExport, 'from=2026-01-01&tenant_id=acme', 'tenant_id'],
    ['of an export by key', readExport, 'key=k1', 'key'],
    ['of costs', readCosts, 'tenant_id=acme', 'tenant_id'],
    ['of latencies', readLatencyQuery, 'tenant=acme', 'tenant'],
    ['because it is the second', readExport, 'tenant=acme&tenant=other', 'tenant'],
  ])('is refused, lest everything pass for a part: %s', (_, read, text, name) => {
    expect(complaint(() => read(query(text)))).toBe(name);
  });
});
