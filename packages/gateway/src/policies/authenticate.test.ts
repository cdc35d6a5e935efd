import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AuthConfig } from '../config/gateway-config.ts';
import { createAuthenticate } from './authenticate.ts';
import { caught, createRequestView } from './request-view.fixture.ts';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const open: AuthConfig = { mode: 'open', modeGiven: false, keys: [] };
const required: AuthConfig = {
  mode: 'required',
  modeGiven: true,
  keys: [
    { name: 'app', sha256: sha256('sk-app'), tenant: 'acme' },
    { name: 'batch', sha256: sha256('sk-batch').toUpperCase(), tenant: undefined },
  ],
};

function identify(auth: AuthConfig, headers: Record<string, string>) {
  const request = createRequestView({ headers });
  createAuthenticate(auth)(request);
  return request.principal;
}

describe('open mode', () => {
  it('takes anybody, and names a bearer by its hash alone', () => {
    const principal = identify(open, { authorization: 'Bearer sk-anything' });
    const identity = sha256('sk-anything');
    expect(principal).toEqual({ kind: 'anonymous', name: `key-${identity.slice(0, 8)}`, identity, tenant: undefined });
    expect(JSON.stringify(principal)).not.toContain('sk-anything');
  });

  it.each([
    {},
    { authorization: 'Bearer ' },
    { authorization: 'Bearer' },
    { authorization: 'Basic abc' },
    { 'x-api-key': ' ' },
  ])('calls %j anonymous', (headers) => {
    expect(identify(open, headers).identity).toBe('anonymous');
  });

  it('answers the same for a bearer seen before', () => {
    const policy = createAuthenticate(open);
    const [first, second] = [1, 2].map(() => {
      const request = createRequestView({ headers: { authorization: 'Bearer same' } });
      policy(request);
      return request.principal;
    });
    expect(second).toBe(first);
  });

  it('takes a sane tenant name from the caller', () => {
    expect(identify(open, { 'x-tenant-id': 'acme' })).toMatchObject({ kind: 'anonymous', tenant: 'acme' });
    expect(identify(open, { 'x-tenant-id': 'a b\u0000' }).tenant).toBeUndefined();
  });
});

describe('required mode', () => {
  it.each([
    { authorization: 'Bearer sk-app' },
    { authorization: 'bearer   sk-app' },
    { authorization: 'BEARER\tsk-app ' },
    { 'x-api-key': 'sk-app' },
    { 'api-key': 'sk-app' },
    { authorization: 'Basic abc', 'x-api-key': 'sk-app' },
  ])('finds the key in %j', (headers) => {
    expect(identify(required, headers)).toEqual({
      kind: 'key',
      name: 'app',
      identity: sha256('sk-app'),
      tenant: 'acme',
    });
  });

  it('reads configured hashes in either case', () => {
    expect(identify(required, { authorization: 'Bearer sk-batch' }).name).toBe('batch');
  });

  it('does not let a caller choose its tenant', () => {
    expect(identify(required, { authorization: 'Bearer sk-batch', 'x-tenant-id': 'acme' }).tenant).toBeUndefined();
  });

  it.each(['dummy', 'any-key', 'sk-ap', 'sk-app2', sha256('sk-app')])('refuses %s without repeating it', (key) => {
    const error = caught(() => identify(required, { authorization: `Bearer ${key}` }));
    expect(error).toMatchObject({ kind: 'unauthenticated', status: 401 });
    expect(error.message).not.toContain(key);
    expect(error.headers['WWW-Authenticate']).toContain('Bearer');
  });

  it('tells how to send a key when none came', () => {
    expect(caught(() => identify(required, {})).message).toContain('Authorization: Bearer');
  });

  it('refuses again after a refusal, and still after a key was accepted', () => {
    const policy = createAuthenticate(required);
    const ask = (bearer: string) => policy(createRequestView({ headers: { authorization: `Bearer ${bearer}` } }));
    for (const round of [1, 2]) {
      ask('sk-app');
      expect(caught(() => ask('wrong')).kind, `round ${round}`).toBe('unauthenticated');
    }
  });

  it('refuses everybody when no key is configured', () => {
    expect(caught(() => identify({ ...required, keys: [] }, { authorization: 'Bearer x' })).kind).toBe(
      'unauthenticated',
    );
  });

  it('does not start with a hash that is none', () => {
    expect(() =>
      createAuthenticate({ ...required, keys: [{ name: 'bad', sha256: 'abc', tenant: undefined }] }),
    ).toThrow('bad');
  });
});
