import type { Principal, TokenBudget } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { WhenStoreIsAway } from '../stores/limit-store.ts';
import type { SpendClaim, SpendReservation, SpendStore, SpendVerdict } from '../stores/spend-store.ts';

export interface TokenBudgetsInput {
  readonly store: SpendStore;
  /** The counter of a key's budget. */
  readonly claimOf: (keyId: string, budget: TokenBudget) => SpendClaim;
}

/** Keeps what keys use within their budgets of tokens. */
export interface TokenBudgets {
  /**
   * Sets aside what a request may use, input and output; to be settled with what it used. Undefined where the key has no
   * such budget. Throws `budget_exceeded` where there is no room.
   */
  reserve(principal: Principal, estimate: number): SpendReservation | undefined | Promise<SpendReservation>;
  /**
   * The same for what a request that passed may use besides, as for a second attempt. That there is no room for more says
   * nothing of the next request.
   */
  reserveMore(principal: Principal, estimate: number): SpendReservation | undefined | Promise<SpendReservation>;
  /** Whether there was room for the last request of the key: then there is hardly none for the next one. */
  isPassing(principal: Principal): boolean;
}

interface KnownBudget {
  readonly budget: TokenBudget;
  readonly claims: readonly SpendClaim[];
  isPassing: boolean;
}

/** The counter of a key's tokens: of what it used since a time, so that a reset begins another one. */
export function tokenClaimOf(
  keyId: string,
  { since, tokens }: TokenBudget,
  whenStoreIsAway: WhenStoreIsAway,
): SpendClaim {
  const window = { kind: 'total' } as const;
  const cap = { id: `tokens.${keyId}`, window, capNanos: tokens, isHard: true, thresholds: [], whenStoreIsAway };
  return { cap, key: String(since) };
}

/** Makes the policy of tokens. */
export function createTokenBudgets({ claimOf, store }: TokenBudgetsInput): TokenBudgets {
  // A principal is one object for all requests of a key.
  const known = new WeakMap<TokenBudget, KnownBudget>();
  const budgetOf = ({ keyId, tokenBudget }: Principal): KnownBudget | undefined => {
    if (keyId === undefined || tokenBudget === undefined) return undefined;
    let own = known.get(tokenBudget);
    if (own === undefined) {
      own = { budget: tokenBudget, claims: [claimOf(keyId, tokenBudget)], isPassing: true };
      known.set(tokenBudget, own);
    }
    return own;
  };
  return {
    reserve(principal, estimate) {
      const own = budgetOf(principal);
      if (own === undefined) return undefined;
      const reservation = store.reserve(own.claims, estimate);
      if (reservation instanceof Promise) return reservation.then((late) => noted(late, own, estimate));
      return noted(reservation, own, estimate);
    },
    reserveMore(principal, estimate) {
      const own = budgetOf(principal);
      if (own === undefined) return undefined;
      const reservation = store.reserve(own.claims, estimate);
      if (reservation instanceof Promise) return reservation.then((late) => allowed(late, own, estimate));
      return allowed(reservation, own, estimate);
    },
    isPassing: ({ tokenBudget }) => tokenBudget === undefined || known.get(tokenBudget)?.isPassing !== false,
  };
}

function noted(reservation: SpendReservation, own: KnownBudget, estimate: number): SpendReservation {
  own.isPassing = reservation.verdict.allowed;
  return allowed(reservation, own, estimate);
}

function allowed(reservation: SpendReservation, own: KnownBudget, estimate: number): SpendReservation {
  if (!reservation.verdict.allowed) throw exceeded(reservation.verdict, own.budget, estimate);
  return reservation;
}

function exceeded({ leftNanos: left }: SpendVerdict, { tokens }: TokenBudget, estimate: number): GatewayError {
  const state =
    left === 0
      ? 'is spent'
      : `has ${left} left, and this request may take ${estimate}; a lower limit of output tokens may fit`;
  return new GatewayError(
    'budget_exceeded',
    `The token budget of this key, ${tokens} tokens, ${state}. It does not begin anew by itself: ask whoever runs the gateway for more.`,
  );
}
