import type { Principal, PrincipalLimit } from '../canonical/exchange.ts';
import type { ReservingLimitStore } from '../stores/limit-store.ts';
import type { SlotStore } from '../stores/slot-store.ts';
import { createRequestView } from './request-view.fixture.ts';

/** The signal of a caller who stays. */
export const never = new AbortController().signal;

/** A limit of a key, with these differences. */
export const limitOf = (differences: Partial<PrincipalLimit>): PrincipalLimit => ({
  scope: 'key',
  id: 'k1',
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  maxConcurrent: undefined,
  ...differences,
});

/** A request of a principal with these limits. */
export function requestOf(...limits: readonly PrincipalLimit[]) {
  const principal: Principal = { kind: 'key', name: 'app', identity: 'h', tenant: undefined, limits };
  return createRequestView({ principal });
}

/** The stores of another process: every answer is a promise. */
export function later(
  limits: ReservingLimitStore,
  slots: SlotStore,
): { limits: ReservingLimitStore; slots: SlotStore } {
  return {
    limits: { take: async (claims) => limits.take(claims), reserve: async (claims) => limits.reserve(claims) },
    slots: {
      acquire: async (pool, signal) => slots.acquire(pool, signal),
      resize: (pool) => slots.resize(pool),
      counts: (id) => slots.counts(id),
    },
  };
}
