import type { LimitClaim, LimitReservation, ReservingLimitStore } from '../limit-store.ts';
import type { ClusterHub } from './hub.ts';
import { type ReserveMessage, type SettleMessage, storeTopics } from './store-messages.ts';

/** Estimates of one worker that wait to be settled; past this many the oldest stay as they are. */
const maxReservations = 100_000;

/** Counts limits for the workers. What a worker that dies had estimated stays counted until time takes it away. */
export function createClusterLimitHost(hub: ClusterHub, limits: ReservingLimitStore): void {
  const reservations = new Map<number, Map<number, LimitReservation>>();

  function keep(worker: number, ticket: number, reservation: LimitReservation): void {
    if (!reservation.verdict.allowed) return;
    let own = reservations.get(worker);
    if (own === undefined) {
      own = new Map();
      reservations.set(worker, own);
    }
    if (own.size >= maxReservations) own.delete(own.keys().next().value!);
    own.set(ticket, reservation);
  }

  hub.answer(storeTopics.take, (claims) => limits.take(claims as readonly LimitClaim[]));
  hub.answer(storeTopics.reserve, (message, worker) => {
    const { ticket, claims } = message as ReserveMessage;
    const reservation = limits.reserve(claims);
    if (reservation instanceof Promise) {
      return reservation.then((late) => {
        keep(worker, ticket, late);
        return late.verdict;
      });
    }
    keep(worker, ticket, reservation);
    return reservation.verdict;
  });
  hub.on(storeTopics.settle, (message, worker) => {
    const { ticket, costs } = message as SettleMessage;
    const own = reservations.get(worker);
    own?.get(ticket)?.settle(costs);
    own?.delete(ticket);
  });
  hub.onDetach((worker) => reservations.delete(worker));
}
