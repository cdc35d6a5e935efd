import { hash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../canonical/clock.ts';
import type { RequestView } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { addressGroup } from './address-set.ts';
import { readBearer } from './authenticate.ts';
import { BoundedCache } from './bounded-cache.ts';

/** What of a request decides whether it comes from an operator. */
export type AdminRequest = Pick<RequestView, 'headers' | 'clientAddress'>;

/**
 * Lets operators through and throws for everybody else: `not_found` where no key is set, `unauthenticated` without it or
 * with another one, `rate_limited` after too many wrong ones. Keys of callers are never taken.
 */
export type AdminAccess = (request: AdminRequest) => void;

export interface AdminAccessInput {
  /** The key in force; undefined: none, and everything behind it is closed. */
  readonly key: () => string | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

/** Wrong keys that an address may try within a minute; then it waits, for a key that guesses right would not be safe either. */
const MOST_WRONG = 10;
const WINDOW_MS = 60_000;
/** Addresses whose wrong keys are counted. */
const MOST_ADDRESSES = 2_000;

export function createAdminAccess({ key, clock }: AdminAccessInput): AdminAccess {
  const wrong = new BoundedCache<WrongKeys>(MOST_ADDRESSES);
  return ({ headers, clientAddress }) => {
    const wanted = key();
    if (wanted === undefined) throw closed();
    const address = addressGroup(clientAddress);
    const now = clock.now();
    const waitMs = wrong.get(address)?.waitMs(now) ?? 0;
    if (waitMs > 0) throw tooMany(waitMs);
    const given = readBearer({ authorization: headers.authorization });
    if (given !== undefined && isSame(given, wanted)) return;
    if (given !== undefined) {
      const counted = wrong.get(address) ?? new WrongKeys();
      counted.add(now);
      wrong.set(address, counted);
    }
    throw refused(given === undefined ? 'none was sent' : 'another one was sent');
  };
}

/** Takes the same time whatever is different, and wherever. */
function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', wanted, 'buffer'));
}

/** The wrong keys of one address. */
class WrongKeys {
  #since = 0;
  #count = 0;

  add(now: number): void {
    if (now - this.#since >= WINDOW_MS) this.#count = 0;
    if (this.#count === 0) this.#since = now;
    this.#count++;
  }

  /** Milliseconds until another one may be tried; 0: now. */
  waitMs(now: number): number {
    return this.#count < MOST_WRONG ? 0 : Math.max(0, this.#since + WINDOW_MS - now);
  }
}

function closed(): GatewayError {
  return new GatewayError(
    'not_found',
    'The management pages are closed. Start the gateway with the variable ADMIN_KEY, of at least 16 characters and no ' +
      "caller's key, and send it as `Authorization: Bearer <ADMIN_KEY>`.",
  );
}

function refused(why: string): GatewayError {
  return new GatewayError(
    'unauthenticated',
    `Management needs the key that the gateway has in ADMIN_KEY, and ${why}. Send it as \`Authorization: Bearer <ADMIN_KEY>\`.`,
    { headers: { 'WWW-Authenticate': 'Bearer realm="llm-gateway management"' } },
  );
}

function tooMany(waitMs: number): GatewayError {
  const message = 'Too many wrong keys came from this address. Wait a minute, then send the key of ADMIN_KEY.';
  return new GatewayError('rate_limited', message, { retryAfterMs: waitMs });
}
