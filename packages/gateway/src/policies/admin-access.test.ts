import { describe, expect, it } from 'vitest';
import { GatewayError } from '../canonical/gateway-error.ts';
import { type AdminRequest, createAdminAccess } from './admin-access.ts';

const key = 'an-operators-own-key';

function start() {
  let now = 0;
  let inForce: string | undefined = key;
  const access = createAdminAccess({ key: () => inForce, clock: { now: () => now } });
  return {
    /** `ok`, or the status of the refusal. */
    ask(authorization?: string, clientAddress = '192.0.2.1', more: AdminRequest['headers'] = {}) {
      try {
        access({ headers: { ...more, ...(authorization !== undefined && { authorization }) }, clientAddress });
        return 'ok';
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        return error.status;
      }
    },
    fails(authorization?: string, clientAddress = '192.0.2.1'): GatewayError {
      try {
        access({ headers: { authorization }, clientAddress });
      } catch (error) {
        if (error instanceof GatewayError) return error;
      }
      throw new Error('it was let through');
    },
    wait: (ms: number) => {
      now += ms;
    },
    change: (next: string | undefined) => {
      inForce = next;
    },
  };
}

describe('who may come in', () => {
  it.each([
    ['the key', `Bearer ${key}`, 'ok'],
    ['the key, in another spelling of the scheme', `bearer   ${key} `, 'ok'],
    ['no header', undefined, 401],
    ['an empty key', 'Bearer ', 401],
    ['another key', 'Bearer somebody-elses-key', 401],
    ['the beginning of the key', `Bearer ${key.slice(0, -1)}`, 401],
    ['more than the key', `Bearer ${key}x`, 401],
    ['another case', `Bearer ${key.toUpperCase()}`, 401],
    ['another scheme', `Basic ${key}`, 401],
    ['the key alone', key, 401],
  ])('%s', (_name, authorization, expected) => {
    expect(start().ask(authorization)).toBe(expected);
  });

  it('takes the key from nowhere else', () => {
    expect(start().ask(undefined, '192.0.2.1', { 'x-api-key': key, 'api-key': key })).toBe(401);
  });

  it('is nobody without a key, and the message says what to set', () => {
    const { fails, ask, change } = start();
    change(undefined);
    expect(ask(`Bearer ${key}`)).toBe(404);
    expect(ask('Bearer undefined')).toBe(404);
    expect(fails().message).toContain('ADMIN_KEY');
  });

  it('follows a reload', () => {
    const { ask, change } = start();
    change('the-next-operators-key');
    expect([ask(`Bearer ${key}`), ask('Bearer the-next-operators-key')]).toEqual([401, 'ok']);
  });

  it('says nothing of the key', () => {
    const { fails } = start();
    for (const error of [fails(), fails('Bearer wrong'), fails(`Basic ${key}`)]) {
      expect(`${error.message}${JSON.stringify(error.headers)}`).not.toContain(key);
    }
    expect(fails().headers['WWW-Authenticate']).toContain('Bearer');
  });
});

describe('wrong keys', () => {
  const guess = (ask: ReturnType<typeof start>['ask'], times: number, address?: string) =>
    Array.from({ length: times }, (_value, index) => ask(`Bearer guess ${index}`, address));

  it('are refused unread after ten, the right one too, until a minute has passed', () => {
    const { ask, fails, wait } = start();
    expect(guess(ask, 12)).toEqual([...Array(10).fill(401), 429, 429]);
    expect(ask(`Bearer ${key}`)).toBe(429);
    wait(20_000);
    expect(fails(`Bearer ${key}`).retryAfterMs).toBe(40_000);
    wait(40_000);
    expect(ask(`Bearer ${key}`)).toBe('ok');
    expect(guess(ask, 11)).toEqual([...Array(10).fill(401), 429]);
  });

  it('are counted for each address, and an IPv6 subscriber is one', () => {
    const { ask } = start();
    guess(ask, 10, '2001:db8::1');
    expect(ask(`Bearer ${key}`, '2001:db8::2')).toBe(429);
    expect(ask(`Bearer ${key}`, '2001:db8:0:1::1')).toBe('ok');
    expect(ask(`Bearer ${key}`, '192.0.2.1')).toBe('ok');
  });

  it('are not what was not sent', () => {
    const { ask } = start();
    for (let count = 0; count < 20; count++) expect(ask()).toBe(401);
    expect(ask(`Bearer ${key}`)).toBe('ok');
  });

  it('of very many addresses are forgotten rather than kept', () => {
    const { ask } = start();
    guess(ask, 10, '192.0.2.1');
    for (let count = 0; count < 5_000; count++) ask('Bearer wrong', `198.51.${count >> 8}.${count & 255}`);
    expect(ask(`Bearer ${key}`, '192.0.2.1')).toBe('ok');
  });
});
