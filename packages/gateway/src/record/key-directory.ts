import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { BoundedCache } from '../policies/bounded-cache.ts';
import type { KeyAnswer, KeyLookup } from '../policies/key-lookup.ts';
import type { FoundKey, KeyHash, KeyStore } from '../stores/key-store.ts';
import type { TenantStore } from '../stores/tenant-store.ts';
import { KeyOwnerLookup } from './key-owners.ts';
import { type KnownKey, knownKeyOf, unknownKey } from './known-key.ts';

export interface KeyDirectoryInput {
  readonly keys: Pick<KeyStore, 'findByHash' | 'validHashes'>;
  readonly tenants: TenantStore;
  readonly clock: Clock;
  /** Told of every use of a key that is good. */
  readonly onUse: (id: string) => void;
}

/** Keys that are remembered. */
const MOST_KEYS = 10_000;
/** Hashes of no key that are remembered, and for how many milliseconds. */
const MOST_UNKNOWN = 10_000;
const UNKNOWN_MS = 2_000;
/** Milliseconds for which what is known is not asked for again, although nobody said that it changed. */
const FRESH_MS = 30_000;
/** Milliseconds until which it is used while it is asked for again. */
const USABLE_MS = 60_000;
/** Milliseconds for which it is used when the record does not answer. */
const STALE_MS = 600_000;
/** Milliseconds that a key which is known waits for the record, and one that is not. */
const KNOWN_PATIENCE_MS = 50;
const UNKNOWN_PATIENCE_MS = 2_000;
/** Milliseconds for which nobody waits again for a record that was silent. */
const SILENCE_MS = 1_000;
/** Hashes that are asked for at one time. */
const MOST_ASKED = 1_000;
const PAGE = 1_000;

interface Entry extends KnownKey {
  /** The state of the record that it was read from. */
  readonly epoch: number;
  /** Monotonic milliseconds. */
  readonly readAt: number;
}

/**
 * The keys of the record as requests find them: in memory, and read anew when somebody says that they changed. What a
 * change has made invalid is forgotten at once; nothing that was read before a change is remembered after it. While the
 * record does not answer, keys that were read within the last ten minutes are good.
 */
export class KeyDirectory implements KeyLookup {
  readonly #input: KeyDirectoryInput;
  readonly #owners: KeyOwnerLookup;
  readonly #known = new BoundedCache<Entry>(MOST_KEYS);
  #unknown = new BoundedCache<number>(MOST_UNKNOWN);
  #asked = new Map<KeyHash, Promise<KnownKey>>();
  #epoch = 0;
  /** Monotonic milliseconds until which nobody waits who has an answer: the record was silent a moment ago. */
  #silentUntil = 0;

  constructor(input: KeyDirectoryInput) {
    this.#input = input;
    this.#owners = new KeyOwnerLookup(input.tenants);
  }

  find(hash: KeyHash): KeyAnswer | Promise<KeyAnswer> {
    const entry = this.#known.get(hash);
    if (entry === undefined) return this.#findUnknown(hash);
    const now = this.#input.clock.now();
    const age = now - entry.readAt;
    const isCurrent = entry.epoch === this.#epoch;
    if (isCurrent && age < FRESH_MS) return this.#use(entry);
    // What is used goes on without a wait, and is read anew behind it.
    const mayWait = !isCurrent || age >= USABLE_MS;
    const isSilent = age < STALE_MS && now < this.#silentUntil;
    if (mayWait && !isSilent) return this.#findAgain(hash, entry, age < STALE_MS);
    this.#ask(hash).catch(() => undefined);
    return this.#use(entry);
  }

  /** Some keys changed, or their owners did: what is known is read anew before it is used. */
  invalidate(hashes: readonly KeyHash[] = []): void {
    this.#epoch++;
    this.#owners.forget();
    // Who asks from now on must not get an answer from before.
    this.#asked = new Map();
    this.#unknown = new BoundedCache(MOST_UNKNOWN);
    for (const hash of hashes) this.#known.delete(hash);
  }

  /** Reads every key that is valid now, as many as are remembered. Rejects where the record does not answer. */
  async warm(): Promise<void> {
    let after = '';
    for (let count = 0; count < MOST_KEYS; count += PAGE) {
      const epoch = this.#epoch;
      const page = await this.#input.keys.validHashes(after, PAGE);
      for (const found of page) {
        const known = await this.#describe(found);
        if (epoch === this.#epoch) this.#remember(found.hash, known, epoch);
      }
      if (page.length < PAGE) return;
      after = page.at(-1)!.hash;
    }
  }

  #findUnknown(hash: KeyHash): KeyAnswer | Promise<KeyAnswer> {
    const since = this.#unknown.get(hash);
    if (since !== undefined && this.#input.clock.now() - since < UNKNOWN_MS) return unknownKey.answer;
    return this.#patiently(this.#ask(hash), UNKNOWN_PATIENCE_MS).then((known) => this.#use(known));
  }

  async #findAgain(hash: KeyHash, entry: Entry, isUsable: boolean): Promise<KeyAnswer> {
    try {
      return this.#use(await this.#patiently(this.#ask(hash), isUsable ? KNOWN_PATIENCE_MS : UNKNOWN_PATIENCE_MS));
    } catch (error) {
      this.#silentUntil = this.#input.clock.now() + SILENCE_MS;
      if (!isUsable) throw error;
      return this.#use(entry);
    }
  }

  #use({ answer, endsAt, id }: KnownKey): KeyAnswer {
    if ('refusal' in answer) return answer;
    if (this.#input.clock.wallNow() >= endsAt) return { refusal: 'expired' };
    if (id !== undefined) this.#input.onUse(id);
    return answer;
  }

  /** Reads a key, once for all who ask for it at the same time. */
  #ask(hash: KeyHash): Promise<KnownKey> {
    const asked = this.#asked;
    const running = asked.get(hash);
    if (running !== undefined) return running;
    if (asked.size >= MOST_ASKED) return Promise.reject(unavailable());
    const reading = this.#read(hash).finally(() => asked.delete(hash));
    asked.set(hash, reading);
    return reading;
  }

  async #read(hash: KeyHash): Promise<KnownKey> {
    const epoch = this.#epoch;
    const found = await this.#input.keys.findByHash(hash);
    const known = found === undefined ? unknownKey : await this.#describe(found);
    if (epoch === this.#epoch) this.#remember(hash, known, epoch);
    return known;
  }

  async #describe(found: FoundKey): Promise<KnownKey> {
    return knownKeyOf(found, await this.#owners.of(found.key), this.#input.clock.wallNow());
  }

  #remember(hash: KeyHash, known: KnownKey, epoch: number): void {
    const readAt = this.#input.clock.now();
    if ('refusal' in known.answer && known.answer.refusal === 'unknown') {
      this.#unknown.set(hash, readAt);
      // It may have been a key before.
      this.#known.delete(hash);
      return;
    }
    this.#known.set(hash, { ...known, epoch, readAt });
  }

  #patiently(work: Promise<KnownKey>, patienceMs: number): Promise<KnownKey> {
    return new Promise((resolve, reject) => {
      const cancel = this.#input.clock.schedule(() => reject(unavailable()), patienceMs);
      work.then(resolve, (error) => reject(error instanceof GatewayError ? error : unavailable(error))).finally(cancel);
    });
  }
}

function unavailable(cause?: unknown): GatewayError {
  return new GatewayError(
    'store_unavailable',
    'Whether this API key is good cannot be found out now. Try again in a moment.',
    {
      retryAfterMs: 1_000,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
