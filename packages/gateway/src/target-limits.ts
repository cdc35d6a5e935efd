import type { Usage } from './canonical/usage.ts';
import type { Exchange } from './exchange.ts';
import { estimatedTokens } from './request-facts.ts';
import { chargingOf } from './rough-tokens.ts';
import type { Target } from './routing/target.ts';
import type {
  LimitClaim,
  LimitReservation,
  LimitVerdict,
  ReservingLimitStore,
  TokenBucketRule,
} from './stores/limit-store.ts';

/** What one attempt takes of the limits of its target: by an estimate before it, by what it took once it is over. */
export class TargetLimits {
  readonly #requests: number;
  #reservation: LimitReservation | undefined;

  private constructor(target: Target) {
    this.#requests = target.limits.length;
  }

  /**
   * Undefined where nothing of the target is limited by tokens, or the operation takes none: then there is nothing to settle.
   */
  static of(exchange: Exchange, target: Target): TargetLimits | undefined {
    if (target.tokenLimit === undefined || chargingOf(exchange.operation) === 'nothing') return undefined;
    return new TargetLimits(target);
  }

  /** Counts the request and the tokens that it may come to, all in one call. */
  reserve(store: ReservingLimitStore, exchange: Exchange, target: Target): LimitVerdict | Promise<LimitVerdict> {
    const { tokenLimit } = target;
    const cost = tokensToClaim(exchange, tokenLimit!);
    const reserved = store.reserve([...requestClaims(target), { rule: tokenLimit!, key: target.id, cost }]);
    return reserved instanceof Promise ? reserved.then((late) => this.#keep(late)) : this.#keep(reserved);
  }

  /** The target was not asked. */
  release(): void {
    this.#settle(0, 0);
  }

  /** It was asked; `usage` undefined: it took nothing. */
  settle(usage: Usage | undefined): void {
    this.#settle(1, usage === undefined ? 0 : usage.input + usage.output);
  }

  #keep(reservation: LimitReservation): LimitVerdict {
    this.#reservation = reservation;
    return reservation.verdict;
  }

  #settle(requests: number, tokens: number): void {
    const costs = new Array<number>(this.#requests).fill(requests);
    costs.push(tokens);
    this.#reservation?.settle(costs);
    this.#reservation = undefined;
  }
}

const claimsOfRequests = new WeakMap<Target, readonly LimitClaim[]>();

/** What one request takes of the limits on requests of its target, put together once for each target. */
export function requestClaims(target: Target): readonly LimitClaim[] {
  let claims = claimsOfRequests.get(target);
  if (claims === undefined) {
    claims = target.limits.map((rule) => ({ rule, key: target.id, cost: 1 }));
    claimsOfRequests.set(target, claims);
  }
  return claims;
}

/** An estimate above all that the limit ever lets through waits for the whole of it: it may be too high by far. */
export function tokensToClaim(exchange: Exchange, { capacity }: TokenBucketRule): number {
  return Math.min(estimatedTokens(exchange), capacity);
}
