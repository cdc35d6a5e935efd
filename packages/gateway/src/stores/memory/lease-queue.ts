import type { HeldSpend } from './held-spend.ts';

/**
 * Leases under way, the oldest first: all are of the same length, so this is the order of their ends. Each knows its
 * neighbours, so that one that is settled leaves without being looked for.
 */
export class LeaseQueue {
  #oldest: HeldSpend | undefined;
  #newest: HeldSpend | undefined;

  add(lease: HeldSpend): void {
    lease.isLeased = true;
    lease.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = lease;
    else this.#newest.newer = lease;
    this.#newest = lease;
  }

  /** Whether it was there. */
  delete(lease: HeldSpend): boolean {
    if (!lease.isLeased) return false;
    this.#remove(lease);
    return true;
  }

  /** Takes out the oldest where it has ended. */
  takeEnded(now: number): HeldSpend | undefined {
    const oldest = this.#oldest;
    if (oldest === undefined || oldest.leaseEnd > now) return undefined;
    this.#remove(oldest);
    return oldest;
  }

  #remove(lease: HeldSpend): void {
    const { newer, older } = lease;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    lease.isLeased = false;
    lease.older = undefined;
    lease.newer = undefined;
  }
}
