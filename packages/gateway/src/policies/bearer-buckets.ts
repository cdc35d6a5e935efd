import type { Clock } from '../canonical/clock.ts';

/** Bearers that one address may have counted apart within one window. */
const bearersPerAddress = 64;
/** Addresses kept; the one whose window began first goes first. */
const trackedAddresses = 2000;

interface AddressWindow {
  endsAt: number;
  readonly identities: Set<string>;
}

/**
 * Bounds how many limit counters one address can make up. A bearer that nobody checks is free to invent, so that a new
 * one for each request would never meet a limit; from the 65th within a window on, they all share one counter.
 */
export class BearerBuckets {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #windows = new Map<string, AddressWindow>();

  constructor(options: { readonly clock: Clock; readonly windowMs: number }) {
    this.#clock = options.clock;
    this.#windowMs = options.windowMs;
  }

  /** The counter's key for an identity that comes from an address. */
  keyOf(identity: string, address: string): string {
    const identities = this.#windowOf(address).identities;
    if (identities.has(identity)) return identity;
    if (identities.size >= bearersPerAddress) return `more-bearers-of:${address}`;
    identities.add(identity);
    return identity;
  }

  #windowOf(address: string): AddressWindow {
    const now = this.#clock.now();
    const current = this.#windows.get(address);
    if (current !== undefined && now < current.endsAt) return current;
    if (current !== undefined) this.#windows.delete(address);
    else if (this.#windows.size >= trackedAddresses) this.#dropOldest();
    const fresh = { endsAt: now + this.#windowMs, identities: new Set<string>() };
    this.#windows.set(address, fresh);
    return fresh;
  }

  #dropOldest(): void {
    const oldest = this.#windows.keys().next();
    if (oldest.done !== true) this.#windows.delete(oldest.value);
  }
}
