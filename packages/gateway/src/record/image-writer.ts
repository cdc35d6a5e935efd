import type { Clock } from '../canonical/clock.ts';
import type { ImageBeginning, ImageField, RecordImageStore } from '../stores/record-image-store.ts';
import type { Revisions } from '../stores/revision-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { KeyChange } from './key-directory.ts';
import { listAll } from './list-all.ts';
import { pagesOf } from './pages-of.ts';
import { readKnownKeys } from './read-known-keys.ts';
import { readKnownTenants } from './read-known-tenants.ts';
import { ImageSeal, SALT_FIELD } from './record-image.ts';
import type { RecordSecrets } from './record-secrets.ts';
import type { RecordStores } from './record-stores.ts';
import { readTargetRows } from './stored-targets.ts';

export interface ImageWriterInput {
  /** The same one whenever it is called. */
  readonly openImage: () => Promise<RecordImageStore>;
  readonly stores: RecordStores;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
}

/** Milliseconds after which an image is renewed. */
const RENEW_MS = 30_000;
/** Milliseconds until another try where the record or the store does not answer, or the record changed meanwhile. */
const RETRY_MS = 1_000;
const AGAIN_MS = 200;
/** Milliseconds after a change at which an image is written: several changes may be one. */
const SOON_MS = 100;
/** Milliseconds for which the record has to be of an earlier revision than the image: a standby that lags is soon no more. */
const SET_BACK_MS = 5_000;
/** Fields that one call takes. */
const PAGE = 200;

/**
 * Keeps the image of the record as the record is: writes it anew after changes, and says from time to time that it is
 * still so. What a change may have made other than the image says is gone before the change is answered; where the store
 * does not hear that, as soon as it hears anything, and until then the image gets old, because nobody renews one of an
 * earlier revision.
 */
export class ImageWriter {
  readonly #input: ImageWriterInput;
  #secrets: RecordSecrets | undefined;
  #owesDrop = false;
  #isWorking = false;
  /** Something changed since the round under way began. */
  #isAsked = false;
  #isClosed = false;
  #isKept: boolean | undefined;
  /** Monotonic milliseconds since which the image is of a later revision than the record. */
  #isLaterSince: number | undefined;
  #cancelNext = (): void => {};

  constructor(input: ImageWriterInput) {
    this.#input = input;
  }

  /** From now on there is an image, sealed with this box. */
  begin(secrets: RecordSecrets | undefined): void {
    if (secrets === undefined) {
      const remedy = 'Set SECRETS_ENCRYPTION_KEY to have one.';
      this.#input.log.warn('record', `No image of the record is kept in Redis: nothing could seal it. ${remedy}`);
      return;
    }
    this.#secrets = secrets;
    this.soon();
  }

  /** The record changed. */
  soon(): void {
    this.#isAsked = true;
    if (!this.#isWorking) this.#later(SOON_MS);
  }

  /** A change is about to be answered: an image that may say otherwise goes. Never rejects, and waits for one call. */
  async retire({ changedIds = [], invalidHashes = [], topics }: KeyChange & RetiredTopics): Promise<void> {
    // A key that was made takes nothing away from others.
    if (changedIds.length + invalidHashes.length === 0 && topics.every((topic) => topic === 'keys')) return;
    try {
      await (await this.#input.openImage()).drop();
    } catch (error) {
      this.#owesDrop = true;
      this.#tell(error);
    }
    // One that was written meanwhile went with it.
    this.soon();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelNext();
  }

  #later(delayMs: number): void {
    this.#cancelNext();
    if (!this.#isClosed) this.#cancelNext = this.#input.clock.schedule(() => void this.#work(), delayMs);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    this.#isAsked = false;
    let pauseMs = RETRY_MS;
    try {
      pauseMs = await this.#round();
    } catch (error) {
      this.#tell(error);
    }
    this.#isWorking = false;
    this.#later(this.#isAsked ? Math.min(pauseMs, AGAIN_MS) : pauseMs);
  }

  /** Answers in how many milliseconds the next one is due. Rejects where the record or the store does not answer. */
  async #round(): Promise<number> {
    const image = await this.#input.openImage();
    if (this.#owesDrop) {
      await image.drop();
      this.#owesDrop = false;
    }
    if (this.#secrets === undefined) return RENEW_MS;
    const beginning = await image.begin();
    const revision = await this.#revision();
    if (beginning.revision !== undefined && beginning.revision > revision) return this.#followBack(image);
    this.#isLaterSince = undefined;
    const isThere = beginning.revision === revision && (await image.renew(revision, beginning));
    if (!isThere && !(await this.#write(image, beginning, revision))) return AGAIN_MS;
    this.#tellKept();
    return RENEW_MS;
  }

  /**
   * Revisions grow, and the record's was read after the image's: one that stays lower is that of a record which was set back,
   * as by a backup. Nothing older takes the place of its image, so that goes.
   */
  async #followBack(image: RecordImageStore): Promise<number> {
    const { clock, log } = this.#input;
    this.#isLaterSince ??= clock.now();
    if (clock.now() - this.#isLaterSince < SET_BACK_MS) return RETRY_MS;
    await image.drop();
    this.#isLaterSince = undefined;
    log.warn('record', 'The record is older than its image in Redis, as after a restored backup: that is written anew');
    return 0;
  }

  /** Whether there is an image that is as new as the record was when it was begun. */
  async #write(image: RecordImageStore, beginning: ImageBeginning, revision: number): Promise<boolean> {
    const { clock, newId, stores } = this.#input;
    const version = newId();
    const { box, salt } = await (this.#secrets as RecordSecrets).open();
    const seal = new ImageSeal(box, version);
    const targets = await readTargetRows(stores);
    const budgets = await listAll(stores.budgets);
    const rows = seal.sealRows({ targets, budgets, tenants: await readKnownTenants(stores) });
    let count = 0;
    const append = async (fields: readonly ImageField[]): Promise<void> => {
      count += fields.length;
      for (const page of pagesOf(fields, PAGE)) await image.append(version, page);
    };
    await append(salt === undefined ? rows : [[SALT_FIELD, salt], ...rows]);
    for await (const keys of readKnownKeys(stores, clock.wallNow())) {
      await append(keys.map(([hash, known]) => seal.sealKey(hash, known)));
    }
    // What was read while something changed is of no revision.
    if ((await this.#revision()) !== revision) return false;
    return (await image.publish({ version, revision, count }, beginning)) === 'kept';
  }

  /** Grows with every change, whatever it was of. */
  async #revision(): Promise<number> {
    const { budgets, keys, providers, tenants }: Revisions = await this.#input.stores.revisions.read();
    return budgets + keys + providers + tenants;
  }

  #tell(error: unknown): void {
    if (this.#isKept === false || this.#isClosed) return;
    this.#isKept = false;
    this.#input.log.warn(
      'record',
      `The image of the record in Redis cannot be kept up to date; it is tried again every second. ${String(error)}`,
    );
  }

  #tellKept(): void {
    if (this.#isKept === true) return;
    this.#isKept = true;
    this.#input.log.info('record', 'An image of the record is kept in Redis, to start with while the record is away');
  }
}

interface RetiredTopics {
  readonly topics: readonly string[];
}
