/*
 * Times are counted in slots that grow by a twentieth each: a percentile read from them is within 2.5 % of the true one,
 * however many times were counted and over however many buckets they are summed.
 */
const GROWTH = 1.05;
const LOG_GROWTH = Math.log(GROWTH);
/** Slot of eleven days; longer ones count as these. */
const LAST_SLOT = 566;

/** Largest error of a time read from its slot, as a part of the time. */
export const SLOT_ERROR = (GROWTH - 1) / (GROWTH + 1);

/** The slot of a time in microseconds. */
export function slotOf(microseconds: number): number {
  if (microseconds <= 1) return 0;
  return Math.min(LAST_SLOT, Math.ceil(Math.log(microseconds) / LOG_GROWTH));
}

/** The time in microseconds that stands for all of a slot. */
export function slotTime(slot: number): number {
  return slot === 0 ? 1 : (2 * GROWTH ** slot) / (GROWTH + 1);
}
