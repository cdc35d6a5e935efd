import type { LimitClaim, LimitReservation, LimitVerdict, ReservingLimitStore } from '../limit-store.ts';
import { HeldTickets } from './held-tickets.ts';
import type { ClusterHub } from './hub.ts';
import { type ReserveMessage, type SettleMessage, storeTopics } from './store-messages.ts';

/** Counts limits for the workers. What a worker that dies had estimated stays counted until time takes it away. */
export function createClusterLimitHost(hub: ClusterHub, limits: ReservingLimitStore): void {
  const reservations = new HeldTickets<LimitReservation>();

  hub.answer(storeTopics.take, (claims) => limits.take(claims as readonly LimitClaim[]));
  hub.answer(storeTopics.reserve, (message, worker) => {
    const { ticket, claims } = message as ReserveMessage;
    const keep = (reservation: LimitReservation): LimitVerdict => {
      if (reservation.verdict.allowed) reservations.keep(worker, ticket, reservation);
      return reservation.verdict;
    };
    const reservation = limits.reserve(claims);
    return reservation instanceof Promise ? reservation.then(keep) : keep(reservation);
  });
  hub.on(storeTopics.settle, (message, worker) => {
    const { ticket, costs } = message as SettleMessage;
    reservations.take(worker, ticket)?.settle(costs);
  });
  hub.onDetach((worker) => void reservations.takeAll(worker));
}
