import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { BoundedCache } from '../policies/bounded-cache.ts';
import type { KeyAnswer, KeyLookup, TenantAnswer } from '../policies/key-lookup.ts';
import type { FoundKey, KeyHash, KeyStore } from '../stores/key-store.ts';
import type { TenantStore } from '../stores/tenant-store.ts';
import { FreshValues } from './fresh-values.ts';
import { KeyOwnerLookup } from './key-owners.ts';
import { type KnownKey, type KnownTenant, knownKeyOf, knownTenantOf, unknownKey } from './known-key.ts';
import { MOST_KEYS, validKeyPages } from './valid-key-pages.ts';

export interface KeyDirectoryInput {
  readonly keys: Pick<KeyStore, 'findByHash' | 'validHashes'>;
  readonly tenants: TenantStore;
  readonly clock: Clock;
  /** Finds a key where something stands in for the record; undefined: the record is to be asked. Never rejects. */
  readonly findInImage?: (hash: KeyHash) => Promise<KnownKey | undefined> | undefined;
  /** The same of a tenant. */
  readonly findTenantInImage?: (id: string) => KnownTenant | undefined;
  /** Told of every use of a key that is good. */
  readonly onUse: (id: string) => void;
}

/** What somebody knows to be another now. */
export interface KeyChange {
  /** Hashes of keys that are good for nothing from now on. */
  readonly invalidHashes?: readonly KeyHash[];
  /** Ids of keys and owners. */
  readonly changedIds?: readonly string[];
}

/** Tenants that are remembered for the keys of the configuration. */
const MOST_TENANTS = 10_000;
/** Hashes of no key that are remembered, and for how many milliseconds. */
const MOST_UNKNOWN = 10_000;
const UNKNOWN_MS = 2_000;
/** Milliseconds after a change at which all keys are read anew, and at the latest after which they are without one. */
const WARM_SOON_MS = 500;
const WARM_AGAIN_MS = 300_000;

/**
 * The keys of the record as requests find them, and the tenants that keys of the configuration name: in memory, and read
 * anew when somebody says that they changed. What a change has made invalid, or other than it was, is forgotten at once.
 */
export class KeyDirectory implements KeyLookup {
  readonly #input: KeyDirectoryInput;
  readonly #owners: KeyOwnerLookup;
  readonly #known: FreshValues<KnownKey>;
  readonly #tenants: FreshValues<KnownTenant>;
  #unknown = new BoundedCache<number>(MOST_UNKNOWN);
  #cancelWarming = (): void => {};
  #isClosed = false;

  constructor(input: KeyDirectoryInput) {
    const { clock, tenants } = input;
    this.#input = input;
    this.#owners = new KeyOwnerLookup(tenants);
    this.#known = new FreshValues({
      clock,
      most: MOST_KEYS,
      read: (hash) => this.#read(hash),
      isKept: ({ id }) => id !== undefined,
      unavailable: unavailable('Whether this API key is good cannot be found out now. Try again in a moment.'),
    });
    this.#tenants = new FreshValues({
      clock,
      most: MOST_TENANTS,
      read: async (id) =>
        input.findTenantInImage?.(id) ?? knownTenantOf(await this.#owners.of({ teamId: null, tenantId: id })),
      isKept: () => true,
      unavailable: unavailable(
        'What the tenant of this API key may do cannot be found out now. Try again in a moment.',
      ),
    });
  }

  find(hash: KeyHash): KeyAnswer | Promise<KeyAnswer> {
    const known = this.#known.known(hash) ?? this.#unknownOr(hash);
    return known instanceof Promise ? known.then((late) => this.#use(late)) : this.#use(known);
  }

  findTenant(id: string): TenantAnswer | Promise<TenantAnswer> {
    const known = this.#tenants.known(id) ?? this.#tenants.ask(id);
    return known instanceof Promise ? known.then(({ answer }) => answer) : known.answer;
  }

  /** Some keys changed, or their owners did: what is known is read anew before it is used. */
  invalidate({ changedIds = [], invalidHashes = [] }: KeyChange = {}): void {
    this.#owners.forget();
    this.#unknown = new BoundedCache(MOST_UNKNOWN);
    this.#known.invalidate();
    this.#tenants.invalidate();
    if (changedIds.length + invalidHashes.length === 0) return;
    const isOneOf = (id: string): boolean => changedIds.includes(id);
    this.#known.forget(
      ({ id, ownerIds }, hash) => invalidHashes.includes(hash) || (id && isOneOf(id)) || ownerIds.some(isOneOf),
    );
    this.#tenants.forget(({ ownerIds }, id) => isOneOf(id) || ownerIds.some(isOneOf));
  }

  /** What is known of keys and tenants was told by something that is not believed any more. */
  forgetAll(): void {
    this.invalidate();
    this.#known.forget(() => true);
    this.#tenants.forget(() => true);
  }

  /** Reads every key that is valid now, as many as are remembered. Rejects where the record does not answer. */
  async warm(): Promise<void> {
    let { epoch } = this.#known;
    for await (const page of validKeyPages(this.#input.keys)) {
      for (const found of page) this.#known.keep(found.hash, await this.#describe(found), epoch);
      // The next page is read from here on.
      ({ epoch } = this.#known);
    }
  }

  /** Reads all keys after a change, so that the first request of each need not wait for it. */
  warmSoon(): void {
    this.#warmAfter(WARM_SOON_MS);
  }

  /** Reads them from time to time. */
  warmLater(): void {
    this.#warmAfter(WARM_AGAIN_MS);
  }

  /** Nothing is read any more that nobody asks for. */
  close(): void {
    this.#isClosed = true;
    this.#cancelWarming();
  }

  #warmAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancelWarming();
    this.#cancelWarming = this.#input.clock.schedule(() => {
      void this.warm()
        .catch(() => undefined)
        .then(() => this.warmLater());
    }, delayMs);
  }

  #unknownOr(hash: KeyHash): KnownKey | Promise<KnownKey> {
    const since = this.#unknown.get(hash);
    const isRecent = since !== undefined && this.#input.clock.now() - since < UNKNOWN_MS;
    return isRecent ? unknownKey : this.#known.ask(hash);
  }

  #use({ answer, endsAt, id }: KnownKey): KeyAnswer {
    if ('refusal' in answer) return answer;
    // Few keys end, and the clock is dear.
    if (endsAt !== Number.POSITIVE_INFINITY && this.#input.clock.wallNow() >= endsAt) return { refusal: 'expired' };
    if (id !== undefined) this.#input.onUse(id);
    return answer;
  }

  async #read(hash: KeyHash): Promise<KnownKey> {
    const unknown = this.#unknown;
    const inImage = this.#input.findInImage?.(hash);
    const known = inImage && (await inImage);
    if (known !== undefined) return known;
    const found = await this.#input.keys.findByHash(hash);
    if (found !== undefined) return this.#describe(found);
    // Where there was a change meanwhile, nobody looks here any more.
    unknown.set(hash, this.#input.clock.now());
    return unknownKey;
  }

  async #describe(found: FoundKey): Promise<KnownKey> {
    return knownKeyOf(found, await this.#owners.of(found.key), this.#input.clock.wallNow());
  }
}

function unavailable(message: string): (cause?: unknown) => GatewayError {
  return (cause) =>
    new GatewayError('store_unavailable', message, {
      retryAfterMs: 1_000,
      ...(cause === undefined ? {} : { cause }),
    });
}
