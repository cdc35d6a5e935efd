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
    ['WARN', { level: 'warn', levels: {} }],
    ['info,http=warn', { level: 'info', levels: { http: 'warn' } }],
    ['http=warn,debug', { level: 'debug', levels: { http: 'warn' } }],
    ['llm_gateway=trace', { level: 'trace', levels: {} }],
    ['llm_gateway=trace, error', { level: 'error', levels: {} }],
    [
      'gateway::server=WARN,health::probe=off',
      { level: undefined, levels: { server: 'warn', 'health::probe': 'silent' } },
    ],
    ['health=debug,health=trace,x=loud', { level: undefined, levels: { health: 'trace' } }],
    ['x=loud', undefined],
    ['', undefined],
  ])('filter %s', (text, expected) => expect(parseLogFilter(text)).toEqual(expected));

  it('knows levels in any case', () => {
    expect(parseLogLevel('WARNING')).toBe('warn');
    expect(parseLogLevel('off')).toBe('silent');
    expect(parseLogLevel('constructor')).toBeUndefined();
  });
});
