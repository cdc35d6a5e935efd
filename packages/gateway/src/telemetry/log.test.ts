import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../canonical/gateway-error.ts';
import { createLog, type LogOptions } from './log.ts';

const clock = {
  now: () => 0,
  wallNow: () => Date.UTC(2025, 10, 20, 12, 0, 0, 7),
  schedule: () => () => {},
};
const head = (level: string) => `{"timestamp":"2025-11-20T12:00:00.007Z","level":"${level}","target":"server"`;

function openLog(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', format: 'json', destination, redactPersonalData: false, clock, ...options });
  return { log, lines };
}

describe('a JSON line', () => {
  it('has timestamp, level, target and message first, then the fields, byte for byte', () => {
    const { log, lines } = openLog({ level: 'trace' });
    log.info('server', 'Listening', { port: 8080, host: '::', nested: { list: [1, 'two', null] }, none: undefined });
    log.error('server', 'Say "no"\n');
    log.warn('server', '%s %d', { on: true });
    log.debug('server', 'd');
    log.trace('server', 't');
    expect(lines).toEqual([
      `${head('INFO')},"message":"Listening","port":8080,"host":"::","nested":{"list":[1,"two",null]}}\n`,
      `${head('ERROR')},"message":"Say \\"no\\"\\n"}\n`,
      `${head('WARN')},"message":"%s %d","on":true}\n`,
      `${head('DEBUG')},"message":"d"}\n`,
      `${head('TRACE')},"message":"t"}\n`,
    ]);
  });

  it('keeps its own names when fields use them', () => {
    const { log, lines } = openLog();
    log.info('server', 'm', { level: 1, message: 'x', timestamp: 2, target: 'y' });
    expect(lines).toEqual([
      `${head('INFO')},"message":"m","field_level":1,"field_message":"x","field_timestamp":2,"field_target":"y"}\n`,
    ]);
  });

  it('takes whatever it is given', () => {
    const { log, lines } = openLog();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('server', 'm', {
      circle,
      big: 12345678901234567890n,
      call: () => 1,
      date: new Date(0),
      bytes: Buffer.from('secret answer'),
      url: new URL('https://user:hunter2@host/'),
      number: Number.NaN,
      map: new Map([['a', 1]]),
    });
    const record = JSON.parse(lines[0] ?? '');
    expect(record).toMatchObject({
      big: '12345678901234567890',
      call: '[function]',
      date: '1970-01-01T00:00:00.000Z',
      bytes: '[13 bytes]',
      url: 'https://[CREDENTIALS]@host/',
      number: null,
      map: { a: 1 },
    });
    expect(JSON.stringify(record.circle)).toContain('[too deep]');
  });

  it('tells the chain of causes, with a stack only for what was not expected', () => {
    const { log, lines } = openLog();
    const cause = Object.assign(new Error('connect failed with sk-canary-99887766'), { code: 'ECONNREFUSED' });
    log.error('server', 'm', { error: new GatewayError('upstream_failed', 'No luck.', { cause }) });
    const { error } = JSON.parse(lines[0] ?? '');
    expect(error).toMatchObject({
      name: 'GatewayError',
      kind: 'upstream_failed',
      message: 'No luck.',
      cause: { name: 'Error', message: 'connect failed with [API_KEY]', code: 'ECONNREFUSED' },
    });
    expect(error.stack).toBeUndefined();
    expect(error.cause.stack).toContain('log.test.ts');
    expect(lines[0]).not.toContain('canary');
  });

  it('cuts long text after redaction', () => {
    const { log, lines } = openLog();
    log.info('server', 'm', { text: `${'x '.repeat(8190)}sk-canary-99887766 tail` });
    expect(lines[0]).toContain('[API… [');
    expect(lines[0]).not.toContain('canary');
  });
});

describe('levels', () => {
  it('let through what is as grave as the threshold', () => {
    const { log, lines } = openLog({ level: 'warn' });
    log.info('server', 'no');
    log.warn('server', 'yes');
    expect(lines).toHaveLength(1);
    const silent = openLog({ level: 'silent' });
    silent.log.error('server', 'no');
    expect(silent.lines).toEqual([]);
  });

  it('can differ by target', () => {
    const { log, lines } = openLog({ level: 'info', verbosity: { health: 'debug', 'health::probe': 'error' } });
    log.debug('health', '1');
    log.debug('health::state', '2');
    log.warn('health::probe', '3');
    log.debug('healthy', '4');
    log.info('server', '5');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['1', '2', '5']);
  });
});

describe('redaction', () => {
  it('never lets a canary through, whatever the field', () => {
    for (const format of ['json', 'pretty'] as const) {
      const { log, lines } = openLog({ format, color: false });
      log.info('server', 'Bearer canary-0', {
        text: 'sk-canary-12345678',
        authorization: 'canary-1',
        headers: { 'x-api-key': 'canary-2', cookie: ['canary-3'], ok: 'yes' },
        deep: [{ password: 'canary-4' }, 'https://canary-5:x@host'],
        'sk-canary-87654321': 1,
      });
      expect(lines.join('')).not.toContain('canary');
      expect(lines.join('')).toContain('yes');
    }
  });

  it('masks personal data only when asked', () => {
    const off = openLog();
    off.log.info('server', 'bob@mail.example');
    expect(off.lines[0]).toContain('bob@mail.example');
    const on = openLog({ redactPersonalData: true });
    on.log.info('server', 'bob@mail.example', { request_id: 'req-415-555-2671', at: 1763640000000 });
    expect(on.lines[0]).toBe(
      `${head('INFO')},"message":"[EMAIL]","request_id":"req-415-555-2671","at":1763640000000}\n`,
    );
  });
});

describe('a pretty line', () => {
  it('is compact', () => {
    const { log, lines } = openLog({ format: 'pretty', color: false });
    log.warn('server', 'Slow', { id: 'req-1', text: 'two words', tokens: { input: 1 }, gone: undefined });
    expect(lines).toEqual(['12:00:00.007 WARN  server: Slow id=req-1 text="two words" tokens={"input":1}\n']);
    expect(log.raw).toBeUndefined();
  });

  it('has colours when wanted', () => {
    const { log, lines } = openLog({ format: 'pretty', color: true });
    log.error('server', 'Bad');
    expect(lines[0]).toContain('\u001b[31mERROR\u001b[39m');
  });

  it('lets no value forge a line or steer the terminal', () => {
    const { log, lines } = openLog({ format: 'pretty', color: false });
    log.info('server', 'a\nb\u001b[2J', { 'k\n': 'v\r\n\u009b', list: ['\u202e'] });
    expect(lines[0]).toBe(
      '12:00:00.007 INFO  server: a\\u000ab\\u001b[2J k\\u000a="v\\r\\n\\u009b" list=["\\u202e"]\n',
    );
  });

  it('shows the stack of an unexpected error below', () => {
    const { log, lines } = openLog({ format: 'pretty', color: false });
    log.error('server', 'Bad', { error: new TypeError('oops') });
    expect(lines[0]).toMatch(
      /^12:00:00\.007 ERROR server: Bad error=\{"name":"TypeError","message":"oops"\}\n {4}at .*/,
    );
  });
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is appended to and complete after close', () => {
    const path = join(folder, 'gateway.log');
    for (const message of ['one', 'two']) {
      const { log } = openLog({ destination: { path } });
      log.info('server', message);
      log.close();
      log.info('server', 'too late');
    }
    expect(readFileSync(path, 'utf8')).toBe(`${head('INFO')},"message":"one"}\n${head('INFO')},"message":"two"}\n`);
  });

  it('that cannot be opened is said at once', () => {
    expect(() => openLog({ destination: { path: join(folder, 'no', 'such', 'folder') } })).toThrow(/ENOENT/);
  });
});
