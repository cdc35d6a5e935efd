import type { MemorySpendStore } from '../memory/spend-store.ts';
import type { SpendClaim, SpendReservation } from '../spend-store.ts';
import { HeldTickets } from './held-tickets.ts';
import type { ClusterHub } from './hub.ts';
import {
  type ReserveSpendAnswer,
  type ReserveSpendMessage,
  type SettleSpendMessage,
  type SpendAmounts,
  spendTopics,
} from './spend-messages.ts';

/** Counts spending for the workers. What a worker that dies had set aside comes back at once. */
export function createClusterSpendHost(hub: ClusterHub, store: MemorySpendStore): void {
  const reservations = new HeldTickets<SpendReservation>();

  hub.answer(spendTopics.reserve, (message, worker): ReserveSpendAnswer => {
    const { ticket, claims, estimate } = message as ReserveSpendMessage;
    const reservation = store.reserve(claims, estimate);
    if (reservation.verdict.allowed) reservations.keep(worker, ticket, reservation);
    return { verdict: reservation.verdict, readings: store.read(claims) };
  });
  hub.on(spendTopics.settle, (message, worker) => {
    const { ticket, nanos } = message as SettleSpendMessage;
    reservations.take(worker, ticket)?.settle(nanos);
  });
  hub.on(spendTopics.add, (amounts) => store.add(amounts as SpendAmounts));
  hub.on(spendTopics.adopt, (amounts) => store.adopt(amounts as SpendAmounts));
  hub.on(spendTopics.tellReached, (claims) => store.tellReached(claims as readonly SpendClaim[]));
  hub.answer(spendTopics.read, (claims) => store.read(claims as readonly SpendClaim[]));
  hub.onDetach((worker) => {
    for (const reservation of reservations.takeAll(worker)) reservation.release();
  });
}
