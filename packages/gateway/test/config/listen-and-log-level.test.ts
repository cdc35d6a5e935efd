import { describe, expect, it } from 'vitest';
import { parseListenAddress } from '../../src/config/listen-address.ts';
import { parseLogFilter, parseLogLevel } from '../../src/config/log-level.ts';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:3000', { host: '127.0.0.1', port: 3000 }],
    [':8080', { host: '0.0.0.0', port: 8080 }],
    ['[::1]:9000', { host: '::1', port: 9000 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['8080', undefined],
    ['::1:9000', undefined],
    ['host:70000', undefined],
    ['http://host:1', undefined],
  ])('%s', (text, expected) => expect(parseListenAddress(text)).toEqual(expected));
});

describe('log levels', () => {
  it.each([
    ['info,http=warn', 'info'],
    ['http=warn,debug', 'debug'],
    ['llm_gateway=trace', 'trace'],
    ['gateway::server=WARN', 'warn'],
    ['http=warn', undefined],
    ['', undefined],
  ])('filter %s', (text, expected) => expect(parseLogFilter(text)).toBe(expected));

  it('knows levels in any case', () => {
    expect(parseLogLevel('WARNING')).toBe('warn');
    expect(parseLogLevel('off')).toBe('silent');
    expect(parseLogLevel('constructor')).toBeUndefined();
  });
});
