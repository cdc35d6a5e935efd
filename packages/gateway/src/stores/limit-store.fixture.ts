import type { LimitReservation } from './limit-store.ts';

/** Reservations that nobody has settled: where others count, they are kept for whoever has them. */
export function createUnsettled() {
  const unsettled = new Set<LimitReservation>();
  return {
    watch(reservation: LimitReservation): LimitReservation {
      if (reservation.verdict.allowed) unsettled.add(reservation);
      return {
        verdict: reservation.verdict,
        settle(costs) {
          unsettled.delete(reservation);
          reservation.settle(costs);
        },
      };
    },
    count: () => unsettled.size,
  };
}
