import type { Clock } from '../../canonical/clock.ts';
import type { LimitClaim, LimitCost, LimitReservation, LimitVerdict, ReservingLimitStore } from '../limit-store.ts';
import type { ClusterBus } from './bus.ts';
import { type HostNotice, HostWatch } from './host-watch.ts';
import { type ReserveMessage, type SettleMessage, storeTopics } from './store-messages.ts';

export interface ClusterLimitStoreInput {
  readonly bus: Pick<ClusterBus, 'ask' | 'post'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Counts while the host does not answer: limits are never silently off, nor closed because a process froze. */
  readonly fallback: ReservingLimitStore;
  readonly onNotice: (notice: HostNotice) => void;
  /** Milliseconds the host may take; left out: 1000. */
  readonly timeoutMs?: number;
}

/** Counts limits in the primary process, for all workers together. */
export function createClusterLimitStore(input: ClusterLimitStoreInput): ReservingLimitStore {
  const { bus, fallback, timeoutMs = 1000 } = input;
  const watch = new HostWatch({ store: 'limits', clock: input.clock, onNotice: input.onNotice });
  let lastTicket = 0;

  async function askHost(claims: readonly LimitClaim[]): Promise<LimitVerdict> {
    try {
      const verdict = (await bus.ask(storeTopics.take, claims, timeoutMs)) as LimitVerdict;
      watch.answered();
      return verdict;
    } catch (error) {
      watch.failed(error);
      return fallback.take(claims);
    }
  }

  async function reserveAtHost(claims: readonly LimitClaim[]): Promise<LimitReservation> {
    lastTicket += 1;
    const question: ReserveMessage = { ticket: lastTicket, claims };
    const reservation = new HostedClaims(bus, question.ticket);
    try {
      reservation.verdict = (await bus.ask(storeTopics.reserve, question, timeoutMs)) as LimitVerdict;
      watch.answered();
      return reservation;
    } catch (error) {
      watch.failed(error);
      // The host may be slow rather than dead, and must not count for somebody who is counted elsewhere.
      reservation.settle(claims.map(() => 0));
      return fallback.reserve(claims);
    }
  }

  return {
    take: (claims) => (claims.length > 0 && watch.shouldAsk() ? askHost(claims) : fallback.take(claims)),
    reserve: (claims) => (claims.length > 0 && watch.shouldAsk() ? reserveAtHost(claims) : fallback.reserve(claims)),
  };
}

const unknown: LimitVerdict = { allowed: true, ruleId: '', limit: 0, remaining: 0, resetMs: 0, retryAfterMs: 0 };

class HostedClaims implements LimitReservation {
  verdict = unknown;
  readonly #ticket: number;
  #bus: Pick<ClusterBus, 'post'> | undefined;

  constructor(bus: Pick<ClusterBus, 'post'>, ticket: number) {
    this.#bus = bus;
    this.#ticket = ticket;
  }

  settle(costs: readonly LimitCost[]): void {
    const message: SettleMessage = { ticket: this.#ticket, costs };
    if (this.verdict.allowed) this.#bus?.post(storeTopics.settle, message);
    this.#bus = undefined;
  }
}
