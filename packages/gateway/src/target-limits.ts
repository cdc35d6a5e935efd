import type { AttemptUse } from './attempt-use.ts';
import type { Clock } from './canonical/clock.ts';
import { tellsNoTokens } from './canonical/usage.ts';
import type { Exchange } from './exchange.ts';
import { failureOf } from './relay/attempt.ts';
import { estimatedTokens } from './request-facts.ts';
import type { Failure } from './resilience/failure.ts';
import { chargingOf } from './rough-tokens.ts';
import type { Target } from './routing/target.ts';
import type {
  LimitClaim,
  LimitCost,
  LimitReservation,
  LimitVerdict,
  ReservingLimitStore,
  TokenBucketRule,
} from './stores/limit-store.ts';
import type { CancelSignal, SlotRefusal } from './stores/slot-store.ts';

/** What one attempt takes of the limits of its target: by an estimate before it, by what it took once it is over. */
export class TargetLimits {
  readonly #requests: number;
  /** Undefined: only requests are counted. */
  readonly #tokenLimit: TokenBucketRule | undefined;
  #reservation: LimitReservation | undefined;

  private constructor(target: Target, tokenLimit: TokenBucketRule | undefined) {
    this.#requests = target.limits.length;
    this.#tokenLimit = tokenLimit;
  }

  /** Undefined where nothing is limited of the target, or nothing that the operation takes. */
  static of(exchange: Exchange, target: Target): TargetLimits | undefined {
    const tokenLimit = tokenLimitFor(exchange, target);
    return tokenLimit || target.limits.length > 0 ? new TargetLimits(target, tokenLimit) : undefined;
  }

  /** Counts the request and the tokens that it may come to, all in one call. */
  reserve(store: ReservingLimitStore, exchange: Exchange, target: Target): LimitVerdict | Promise<LimitVerdict> {
    const tokenLimit = this.#tokenLimit;
    let claims = requestClaims(target);
    if (tokenLimit) {
      claims = claims.concat({ rule: tokenLimit, key: target.id, cost: tokensToClaim(exchange, tokenLimit) });
    }
    const reserved = store.reserve(claims);
    return reserved instanceof Promise ? reserved.then((late) => this.#keep(late)) : this.#keep(reserved);
  }

  /** The target was not asked. */
  release(): void {
    this.#settle(0, 0);
  }

  /** It was asked. Where nobody can tell what it took, or it tells no tokens, the estimate stays. */
  settle({ isUseUnknown, usage }: AttemptUse): void {
    const isUntold = isUseUnknown === true || (usage !== undefined && tellsNoTokens(usage));
    this.#settle(1, isUntold ? undefined : (usage?.input ?? 0) + (usage?.output ?? 0));
  }

  #keep(reservation: LimitReservation): LimitVerdict {
    this.#reservation = reservation;
    return reservation.verdict;
  }

  #settle(requests: number, tokens: LimitCost): void {
    const costs = new Array<LimitCost>(this.#requests).fill(requests);
    if (this.#tokenLimit) costs.push(tokens);
    this.#reservation?.settle(costs);
    this.#reservation = undefined;
  }
}

function tokenLimitFor({ operation }: Exchange, { tokenLimit }: Target): TokenBucketRule | undefined {
  return tokenLimit === undefined || chargingOf(operation) === 'nothing' ? undefined : tokenLimit;
}

/** Why a target is passed over of which a limit is spent. */
export function limitSpent(exchange: Exchange, target: Target, { retryAfterMs, ruleId }: LimitVerdict): Failure {
  const freeAt = exchange.clock.now() + retryAfterMs;
  exchange.limitFreeAt = Math.min(freeAt, exchange.limitFreeAt ?? freeAt);
  const units = ruleId === target.tokenLimit?.id ? 'tokens' : 'requests';
  return { ...failureOf('limit_spent', `the limit of ${units} to ${target.id} is spent`), retryAfterMs };
}

/** Why a target is passed over that has no place. A wait that `lane` did not end was ended because there was no more time. */
export function placeRefused({ id }: Target, refusal: SlotRefusal, lane: Pick<CancelSignal, 'aborted'>): Failure {
  return refusal === 'aborted' && lane.aborted
    ? failureOf('cancelled', 'cancelled while waiting for the target')
    : failureOf('target_busy', `${id} serves as many requests as it may`);
}

/** Calls once the time of an exchange is over; the returned function cancels that. */
export function atDeadline(clock: Clock, deadline: number, callback: () => void): () => void {
  return clock.schedule(callback, Math.max(0, deadline - clock.now()));
}

const claimsOfRequests = new WeakMap<Target, readonly LimitClaim[]>();

/** What one request takes of the limits on requests of its target, put together once for each target. */
function requestClaims(target: Target): readonly LimitClaim[] {
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
