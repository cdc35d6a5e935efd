import { slotTime } from './ledger-slot.ts';

/** Times counted in slots. */
export class SlotCounts {
  readonly #counts = new Map<number, number>();
  total = 0;

  add(slot: number, count: number): void {
    this.#counts.set(slot, (this.#counts.get(slot) ?? 0) + count);
    this.total += count;
  }

  /**
   * The time in microseconds that `percent` of the times do not exceed, within `SLOT_ERROR` of the true one; undefined
   * when nothing was counted.
   */
  percentile(percent: number): number | undefined {
    if (this.total === 0) return undefined;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.total));
    let seen = 0;
    let last = 0;
    for (const [slot, count] of [...this.#counts].sort(([left], [right]) => left - right)) {
      seen += count;
      last = slot;
      if (seen >= rank) break;
    }
    return slotTime(last);
  }
}
