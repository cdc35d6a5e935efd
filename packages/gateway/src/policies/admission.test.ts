import { describe, expect, it } from 'vitest';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { createAllowedHosts } from './allowed-hosts.ts';
import { createIpFilter } from './ip-filter.ts';
import { createOpenMode, openModeWarning } from './open-mode.ts';
import { createRequestIds } from './request-id.ts';
import type { RequestPolicy } from './request-policy.ts';
import { caught, createRequestView } from './request-view.fixture.ts';
import { createSecurityHeaders } from './security-headers.ts';

function refusal(policy: RequestPolicy | undefined, differences: Parameters<typeof createRequestView>[0]): string {
  try {
    policy?.(createRequestView(differences));
    return 'passed';
  } catch {
    return caught(() => policy?.(createRequestView(differences))).kind;
  }
}

describe('createIpFilter', () => {
  it('is nothing without entries', () => {
    expect(createIpFilter(undefined)).toBeUndefined();
    expect(createIpFilter({ allow: [], deny: [] })).toBeUndefined();
  });

  it.each([
    [{ allow: [], deny: ['10.0.0.0/8'] }, '10.0.0.1', 'forbidden'],
    [{ allow: [], deny: ['10.0.0.0/8'] }, '192.0.2.1', 'passed'],
    [{ allow: ['10.0.0.0/8'], deny: [] }, '192.0.2.1', 'forbidden'],
    [{ allow: ['10.0.0.0/8'], deny: [] }, '10.0.0.1', 'passed'],
    [{ allow: ['10.0.0.0/8'], deny: ['10.0.0.1'] }, '10.0.0.1', 'forbidden'],
    [{ allow: ['10.0.0.0/8'], deny: ['10.0.0.1'] }, '::ffff:10.0.0.1', 'forbidden'],
    [{ allow: ['2001:db8::/32'], deny: [] }, '2001:db8::1', 'passed'],
  ])('%j: %s %s', (filter, clientAddress, expected) => {
    expect(refusal(createIpFilter(filter), { clientAddress })).toBe(expected);
  });

  it('judges the client, not the proxy in front of it', () => {
    const policy = createIpFilter({ allow: [], deny: ['10.0.0.0/8'] });
    expect(refusal(policy, { clientAddress: '192.0.2.1', peerAddress: '10.0.0.1' })).toBe('passed');
  });
});

describe('createAllowedHosts', () => {
  it('is nothing when any host is allowed', () => {
    expect(createAllowedHosts([])).toBeUndefined();
    expect(createAllowedHosts(['api.example.com', '*'])).toBeUndefined();
  });

  it.each([
    ['api.example.com', 'passed'],
    ['API.example.com.', 'passed'],
    ['api.example.com:8080', 'passed'],
    ['a.internal.example', 'passed'],
    ['a.b.internal.example:1', 'passed'],
    ['only.example:8443', 'passed'],
    ['[::1]:8080', 'passed'],
    ['internal.example', 'misdirected_host'],
    ['only.example:8080', 'misdirected_host'],
    ['only.example', 'misdirected_host'],
    ['evil.example', 'misdirected_host'],
    ['api.example.com.evil.example', 'misdirected_host'],
    ['evilinternal.example', 'misdirected_host'],
    ['', 'misdirected_host'],
    [undefined, 'misdirected_host'],
  ])('%j %s', (host, expected) => {
    const policy = createAllowedHosts(['api.example.com', '*.internal.example', 'Only.example:8443', '[::1]']);
    expect(refusal(policy, { headers: host === undefined ? {} : { host } })).toBe(expected);
  });
});

describe('open mode', () => {
  const auth: GatewayConfig['auth'] = { mode: 'open', modeGiven: false, keys: [] };
  const server = {
    host: '0.0.0.0',
    hostGiven: false,
    trustedProxies: [] as readonly string[],
  } as GatewayConfig['server'];
  const remote = { clientAddress: '172.17.0.1', peerAddress: '172.17.0.1' };
  const headers = { host: 'localhost:8080' };
  const local = { clientAddress: '127.0.0.1', peerAddress: '127.0.0.1', headers };

  it('that nobody asked for answers this machine only', () => {
    const policy = createOpenMode({ auth, server });
    expect(refusal(policy, local)).toBe('passed');
    expect(refusal(policy, { ...local, clientAddress: '::1', peerAddress: '::1' })).toBe('passed');
    expect(refusal(policy, { ...local, clientAddress: '127.8.8.8', peerAddress: '::ffff:127.8.8.8' })).toBe('passed');
    expect(refusal(policy, remote)).toBe('loopback_only');
    expect(refusal(policy, { ...local, clientAddress: '192.0.2.1' })).toBe('loopback_only');
    expect(refusal(policy, { ...remote, clientAddress: '127.0.0.1' })).toBe('loopback_only');
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'does not answer what a proxy passes on with %s',
    (name) => {
      const forwarded = { ...local, headers: { ...headers, [name]: '127.0.0.1' } };
      expect(refusal(createOpenMode({ auth, server }), forwarded)).toBe('loopback_only');
      const policy = createOpenMode({ auth, server: { ...server, trustedProxies: ['127.0.0.1'] } });
      // A trusted proxy tells its caller's address by one header only.
      expect(refusal(policy, forwarded)).toBe(name === 'x-forwarded-for' ? 'passed' : 'loopback_only');
      const told = { ...local, headers: { ...headers, [name]: 'x', 'x-forwarded-for': '127.0.0.2' } };
      expect(refusal(policy, told)).toBe('passed');
      expect(refusal(policy, { ...told, clientAddress: '192.0.2.1' })).toBe('loopback_only');
    },
  );

  it.each([
    ['localhost', 'passed'],
    ['LOCALHOST.:80', 'passed'],
    ['app.localhost:3000', 'passed'],
    ['127.0.0.1', 'passed'],
    ['127.200.0.1:8080', 'passed'],
    ['[::1]', 'passed'],
    ['[::1]:8080', 'passed'],
    ['[::2]:8080', 'loopback_only'],
    ['evil.example:8080', 'loopback_only'],
    ['localhost.evil.example', 'loopback_only'],
    ['evillocalhost', 'loopback_only'],
    ['127.0.0.1.evil.example', 'loopback_only'],
    ['192.168.0.1:8080', 'loopback_only'],
    ['localhost:8080@evil.example', 'loopback_only'],
    ['', 'loopback_only'],
    [undefined, 'loopback_only'],
  ])('asked as %j: %s', (host, expected) => {
    const view = { ...local, headers: host === undefined ? {} : { host } };
    expect(refusal(createOpenMode({ auth, server }), view)).toBe(expected);
  });

  it.each([
    remote,
    { ...local, headers: { ...headers, via: '1.1 proxy' } },
    { ...local, headers: { host: 'evil.example' } },
  ])('tells every way to change it: %j', (view) => {
    const policy = createOpenMode({ auth, server })!;
    const { message } = caught(() => policy(createRequestView(view)));
    for (const way of ['--host', 'server.host', 'LISTEN_ADDR', 'auth.keys', 'GATEWAY_API_KEYS', 'auth.mode: open']) {
      expect(message).toContain(way);
    }
  });

  it('answers everybody once somebody asked for it', () => {
    expect(createOpenMode({ auth: { ...auth, modeGiven: true }, server })).toBeUndefined();
    expect(createOpenMode({ auth, server: { ...server, hostGiven: true } })).toBeUndefined();
    expect(createOpenMode({ auth: { ...auth, mode: 'required' }, server })).toBeUndefined();
  });

  it('warns when strangers could spend keys, or when strangers will be turned away', () => {
    const given = { auth: { ...auth, modeGiven: true }, server };
    expect(openModeWarning(given, true)).toContain('whoever reaches it');
    expect(openModeWarning(given, false)).toBeUndefined();
    expect(openModeWarning({ auth, server }, false)).toContain('only clients on this machine');
    expect(openModeWarning({ auth: { ...auth, mode: 'required' }, server }, true)).toBeUndefined();
    for (const host of ['127.0.0.1', 'localhost', '::1', '[::1]']) {
      expect(openModeWarning({ ...given, server: { ...server, host } }, true)).toBeUndefined();
    }
  });
});

describe('createSecurityHeaders', () => {
  const headers = { removeSensitive: true, addSecurityHeaders: true, allowedHosts: [] };

  it('adds nothing when switched off', () => {
    expect(createSecurityHeaders({ ...headers, addSecurityHeaders: false })).toBeUndefined();
  });

  it('promises TLS only over TLS', () => {
    const { overPlainHttp, overTls } = createSecurityHeaders(headers)!;
    expect(overTls).toContain('Strict-Transport-Security');
    expect(overPlainHttp).not.toContain('Strict-Transport-Security');
    expect(overPlainHttp).toContain('X-Content-Type-Options');
    expect(overPlainHttp.length % 2).toBe(0);
    expect(overTls.join()).not.toMatch(/XSS|Cross-Origin/);
    expect(Object.isFrozen(overTls) && Object.isFrozen(overPlainHttp)).toBe(true);
  });
});

describe('createRequestIds', () => {
  let drawn = 0;
  const nextId = createRequestIds((size) => Buffer.from(Uint8Array.from({ length: size }, () => drawn++)));

  it('keeps an id that is fit for logs and headers', () => {
    for (const id of ['a', 'req-123', 'A.b_c:d-e', 'x'.repeat(128)]) expect(nextId(id)).toBe(id);
  });

  it.each([undefined, '', 'x'.repeat(129), 'a b', 'a\r\nb', 'ä', '{"a":1}', 'a/b', ['a', 'b']])('replaces %j', (id) => {
    expect(nextId(id)).toMatch(/^req-[0-9a-f]{24}$/);
  });

  it('does not repeat itself', () => {
    let state = 0;
    const ids = createRequestIds((size) => {
      const bytes = Buffer.alloc(size);
      for (let index = 0; index + 4 <= size; index += 4) bytes.writeUInt32BE(state++, index);
      return bytes;
    });
    expect(new Set(Array.from({ length: 2000 }, () => ids(undefined))).size).toBe(2000);
  });
});
