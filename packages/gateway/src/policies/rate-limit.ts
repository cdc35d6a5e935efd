import type { Clock } from '../canonical/clock.ts';
import type { Principal, RequestView } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { AuthConfig, RateLimitConfig } from '../config/gateway-config.ts';
import type { LimitClaim, LimitRule, LimitStore, LimitVerdict } from '../stores/limit-store.ts';
import { addressGroup } from './address-set.ts';
import { BearerBuckets } from './bearer-buckets.ts';
import type { RequestPolicy } from './request-policy.ts';

export interface RateLimitDependencies {
  readonly store: LimitStore;
  readonly clock: Clock;
  readonly authMode: AuthConfig['mode'];
}

/**
 * Counts a request against every configured limit; all must have room, or none is charged. Adds `X-RateLimit-Limit`,
 * `-Remaining` and `-Reset` (seconds until the counter is full again) to the reply, of the limit with the least left.
 * Throws `rate_limited` with `Retry-After` of at least a second. Undefined when no limit is configured.
 */
export function createRateLimit(
  limits: readonly RateLimitConfig[],
  dependencies: RateLimitDependencies,
): RequestPolicy | undefined {
  if (limits.length === 0) return undefined;
  const { store } = dependencies;
  const claimsOf = createClaims(limits, dependencies);
  const countRequest = (request: RequestView): void | Promise<void> => {
    const verdict = store.take(claimsOf(request));
    if (verdict instanceof Promise) return verdict.then((late) => applyVerdict(late, request));
    applyVerdict(verdict, request);
  };
  return countRequest;
}

/** What each request claims. A key of a tenant is one principal for all its requests, and claims the same each time. */
function createClaims(
  limits: readonly RateLimitConfig[],
  dependencies: RateLimitDependencies,
): (request: RequestView) => readonly LimitClaim[] {
  const claimMakers = limits.map((limit) => createClaimMaker(limit, dependencies));
  const make = (request: RequestView): readonly LimitClaim[] => claimMakers.map((makeClaim) => makeClaim(request));
  if (dependencies.authMode !== 'required') return make;
  const known = new WeakMap<Principal, readonly LimitClaim[]>();
  return (request) => {
    const { principal } = request;
    if (principal.kind !== 'key' || principal.tenant === undefined) return make(request);
    let claims = known.get(principal);
    if (claims === undefined) {
      claims = make(request);
      known.set(principal, claims);
    }
    return claims;
  };
}

type ClaimMaker = (request: RequestView) => LimitClaim;

function createClaimMaker(limit: RateLimitConfig, dependencies: RateLimitDependencies): ClaimMaker {
  const keyOf = limit.key === 'bearer' ? createBearerKey(limit.rule, dependencies) : tenantOrAddress;
  return (request) => ({ rule: limit.rule, key: keyOf(request), cost: 1 });
}

function createBearerKey(rule: LimitRule, dependencies: RateLimitDependencies): (request: RequestView) => string {
  if (dependencies.authMode === 'required') return (request) => request.principal.identity;
  const buckets = new BearerBuckets({ clock: dependencies.clock, windowMs: windowOf(rule) });
  return ({ principal, clientAddress }) =>
    principal.identity === 'anonymous' ? 'anonymous' : buckets.keyOf(principal.identity, addressGroup(clientAddress));
}

/** How long a spent counter takes to be full again, in milliseconds. */
function windowOf(rule: LimitRule): number {
  if (rule.algorithm === 'sliding_window') return rule.windowMs;
  return rule.refillPerSecond > 0 ? Math.ceil((rule.capacity / rule.refillPerSecond) * 1000) : 60_000;
}

function tenantOrAddress({ principal, clientAddress }: RequestView): string {
  // A tenant that no key vouches for is a claim of the caller's, and would be a new counter for each made-up name.
  if (principal.kind === 'key' && principal.tenant !== undefined) return `tenant:${principal.tenant}`;
  return `address:${addressGroup(clientAddress)}`;
}

function applyVerdict(verdict: LimitVerdict, request: RequestView): void {
  const limit = String(verdict.limit);
  const remaining = String(Math.max(0, Math.floor(verdict.remaining)));
  const reset = String(Math.max(0, Math.ceil(verdict.resetMs / 1000)));
  if (!verdict.allowed) throw rateLimited(verdict, { limit, reset });
  request.replyHeaders.push('X-RateLimit-Limit', limit, 'X-RateLimit-Remaining', remaining, 'X-RateLimit-Reset', reset);
}

function rateLimited(verdict: LimitVerdict, shown: { limit: string; reset: string }): GatewayError {
  const seconds = Math.max(1, Math.ceil(verdict.retryAfterMs / 1000));
  const unit = seconds === 1 ? 'second' : 'seconds';
  return new GatewayError(
    'rate_limited',
    `Too many requests: this gateway's limit of ${shown.limit} is spent. Try again in ${seconds} ${unit}.`,
    {
      retryAfterMs: seconds * 1000,
      headers: { 'X-RateLimit-Limit': shown.limit, 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': shown.reset },
    },
  );
}
