import { describe, expect, it } from 'vitest';
import type { Clock } from '../canonical/clock.ts';
import type { Principal } from '../canonical/exchange.ts';
import type { RateLimitConfig } from '../config/gateway-config.ts';
import type { LimitClaim, LimitStore, LimitVerdict } from '../stores/limit-store.ts';
import { createRateLimit } from './rate-limit.ts';
import { caught, createRequestView } from './request-view.fixture.ts';

const perBearer: RateLimitConfig = {
  rule: { id: 'bearer', algorithm: 'sliding_window', limit: 5, windowMs: 60_000 },
  key: 'bearer',
};
const perTenant: RateLimitConfig = {
  rule: { id: 'tenant', algorithm: 'token_bucket', capacity: 100, refillPerSecond: 16.7 },
  key: 'tenant_or_address',
};
const passed: LimitVerdict = {
  allowed: true,
  ruleId: 'bearer',
  limit: 5,
  remaining: 4,
  resetMs: 59_001,
  retryAfterMs: 0,
};

function createParts(verdict: LimitVerdict | Promise<LimitVerdict> = passed) {
  const taken: (readonly LimitClaim[])[] = [];
  const store: LimitStore = {
    take(claims) {
      taken.push(claims);
      return verdict;
    },
  };
  const time = { value: 0 };
  const clock: Clock = { now: () => time.value, wallNow: () => time.value, schedule: () => () => {} };
  return { taken, store, clock, time };
}

function bearer(identity: string): Principal {
  return { kind: 'anonymous', name: 'key-x', identity, tenant: undefined };
}

const keyOf = (identity: string, tenant: string | undefined): Principal => {
  return { kind: 'key', name: 'n', identity, tenant };
};

describe('createRateLimit', () => {
  it('counts keys by themselves and by their tenant, wherever they come from, and by their address without one', () => {
    const parts = createParts();
    const policy = createRateLimit([perBearer, perTenant], { ...parts, authMode: 'required' })!;
    const [first, second, alone] = [keyOf('k1', 'acme'), keyOf('k2', 'acme'), keyOf('k3', undefined)];
    for (const principal of [first, first, second, alone, alone]) {
      policy(createRequestView({ principal, clientAddress: `10.0.0.${parts.taken.length}` }));
    }
    expect(parts.taken.map((claims) => claims.map(({ key }) => key))).toEqual([
      ['k1', 'tenant:acme'],
      ['k1', 'tenant:acme'],
      ['k2', 'tenant:acme'],
      ['k3', 'address:10.0.0.3'],
      ['k3', 'address:10.0.0.4'],
    ]);
  });

  it('is nothing when nothing is configured', () => {
    expect(createRateLimit([], { ...createParts(), authMode: 'open' })).toBeUndefined();
  });

  it('claims every limit in one call', () => {
    const parts = createParts();
    const policy = createRateLimit([perBearer, perTenant], { ...parts, authMode: 'open' })!;
    policy(createRequestView({ principal: bearer('hash') }));
    expect(parts.taken).toEqual([
      [
        { rule: perBearer.rule, key: 'hash', cost: 1 },
        { rule: perTenant.rule, key: 'address:192.0.2.1', cost: 1 },
      ],
    ]);
  });

  it('counts by tenant only when a key vouches for it', () => {
    const parts = createParts();
    const policy = createRateLimit([perTenant], { ...parts, authMode: 'open' })!;
    policy(createRequestView({ principal: { kind: 'key', name: 'app', identity: 'h', tenant: 'acme' } }));
    policy(createRequestView({ principal: { ...bearer('h'), tenant: 'acme' } }));
    policy(createRequestView({ clientAddress: '2001:db8:1:2:3:4:5:6' }));
    expect(parts.taken.map(([claim]) => claim?.key)).toEqual([
      'tenant:acme',
      'address:192.0.2.1',
      'address:2001:db8:1:2::/64',
    ]);
  });

  it('tells what is left', () => {
    const request = createRequestView();
    createRateLimit([perBearer], { ...createParts(), authMode: 'open' })!(request);
    expect(request.replyHeaders).toEqual([
      'X-RateLimit-Limit',
      '5',
      'X-RateLimit-Remaining',
      '4',
      'X-RateLimit-Reset',
      '60',
    ]);
  });

  it.each([
    [1, 1],
    [999.5, 1],
    [1000, 1],
    [1000.1, 2],
    [59_400, 60],
    [0, 1],
  ])('rounds %d ms up to %d s of Retry-After', (retryAfterMs, seconds) => {
    const refused = { ...passed, allowed: false, remaining: -0.5, retryAfterMs };
    const policy = createRateLimit([perBearer], { ...createParts(refused), authMode: 'open' })!;
    const error = caught(() => policy(createRequestView()));
    expect(error).toMatchObject({ kind: 'rate_limited', status: 429, retryAfterMs: seconds * 1000 });
    expect(error.headers).toEqual({
      'X-RateLimit-Limit': '5',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': '60',
    });
    expect(error.message).toContain(`${seconds} second`);
  });

  it('waits for a store that must ask elsewhere', async () => {
    const request = createRequestView();
    const policy = createRateLimit([perBearer], { ...createParts(Promise.resolve(passed)), authMode: 'open' })!;
    await policy(request);
    expect(request.replyHeaders).toContain('X-RateLimit-Remaining');
    const refusal = createParts(Promise.resolve({ ...passed, allowed: false, retryAfterMs: 5 }));
    const refusing = createRateLimit([perBearer], { ...refusal, authMode: 'open' })!;
    await expect(refusing(createRequestView())).rejects.toMatchObject({ kind: 'rate_limited' });
  });
});

describe('made-up bearers', () => {
  it('share one counter from the 65th of an address on, until the window ends', () => {
    const parts = createParts();
    const policy = createRateLimit([perBearer], { ...parts, authMode: 'open' })!;
    const ask = (identity: string, clientAddress = '192.0.2.1') => {
      policy(createRequestView({ principal: bearer(identity), clientAddress }));
      return parts.taken.at(-1)?.[0]?.key;
    };
    for (let index = 0; index < 64; index++) expect(ask(`hash-${index}`)).toBe(`hash-${index}`);
    expect(ask('hash-64')).toBe('more-bearers-of:192.0.2.1');
    expect(ask('hash-65')).toBe('more-bearers-of:192.0.2.1');
    expect(ask('hash-3')).toBe('hash-3');
    expect(ask('hash-64', '192.0.2.2')).toBe('hash-64');
    parts.time.value = 60_000;
    expect(ask('hash-65')).toBe('hash-65');
  });

  it('count an IPv6 subscriber as one address', () => {
    const parts = createParts();
    const policy = createRateLimit([perBearer], { ...parts, authMode: 'open' })!;
    const keys = new Set<string | undefined>();
    for (let index = 0; index < 200; index++) {
      policy(
        createRequestView({ principal: bearer(`hash-${index}`), clientAddress: `2001:db8::${index.toString(16)}` }),
      );
      keys.add(parts.taken.at(-1)?.[0]?.key);
    }
    expect(keys.size).toBe(65);
  });

  it('do not exist where keys are required', () => {
    const parts = createParts();
    const policy = createRateLimit([perBearer], { ...parts, authMode: 'required' })!;
    for (let index = 0; index < 100; index++) {
      policy(
        createRequestView({ principal: { kind: 'key', name: 'n', identity: `hash-${index}`, tenant: undefined } }),
      );
    }
    expect(parts.taken.at(-1)?.[0]?.key).toBe('hash-99');
  });

  it('leave memory bounded over any number of addresses', () => {
    const parts = createParts();
    const policy = createRateLimit([perBearer], { ...parts, authMode: 'open' })!;
    for (let index = 0; index < 5000; index++) {
      policy(createRequestView({ principal: bearer('h'), clientAddress: `10.0.${index >> 8}.${index & 255}` }));
    }
    expect(parts.taken).toHaveLength(5000);
  });
});
