import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { SecretBox } from '../credentials/secret-box.ts';
import type { KeyHash } from '../stores/key-store.ts';
import type { ImageField, ImageReading, RecordImageStore } from '../stores/record-image-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { type KnownKey, type KnownTenant, unknownTenant } from './known-key.ts';
import { pagesOf } from './pages-of.ts';
import type { KnownTenants } from './read-known-tenants.ts';
import { HEAD_FIELD, type ImageRows, ImageSeal, keyField, SALT_FIELD } from './record-image.ts';
import type { RecordSecrets } from './record-secrets.ts';

export interface StandInInput {
  /** Connects to where the image is, when it is needed for the first time; the same one whenever it is called. */
  readonly openImage: () => Promise<RecordImageStore>;
  readonly clock: Clock;
  readonly log: Log;
  /** The secrets that open what the salt of the record belongs to; undefined where there is no key for one. */
  readonly openSecrets: (salt: string | undefined) => RecordSecrets | undefined;
  /** Takes over what is no key, before keys of the same image are used. */
  readonly takeOver: (rows: ImageRows, box: SecretBox) => Promise<void>;
  /** Keys that came from the image are good no more. */
  readonly forgetKeys: () => void;
  /** Milliseconds for which an image is good that nobody renews. */
  readonly goodMs: number;
  /** Of the processes of one gateway, the one that says what an operator should know, once. */
  readonly isFirst: boolean;
}

interface UsedImage {
  readonly version: string;
  readonly seal: ImageSeal;
  readonly findTenant: (id: string) => KnownTenant | undefined;
  /** Monotonic milliseconds at which the record was known to be so. */
  readonly isOf: number;
}

/** Milliseconds between two looks whether the image is another one. */
const LOOK_MS = 1_000;
/** Fields that one call reads. */
const PAGE = 100;

/**
 * The image of the record in its place, from a start without the record until it answers: rows are taken over when an
 * image is, keys are asked for when somebody uses them. It is looked at every second, so that what gateways change that
 * reach the record holds here as well; one that is too old, or is dropped, is used no more.
 */
export class StandIn {
  readonly #input: StandInInput;
  #isOn = false;
  #used: UsedImage | undefined;
  #isTaking = false;
  #looking: Promise<void> | undefined;
  #opened: { readonly salt: string | undefined; readonly box: SecretBox } | undefined;
  /** The image that cannot be opened. */
  #badVersion: string | undefined;
  #cancelLook = (): void => {};
  #cancelEnd = (): void => {};

  constructor(input: StandInInput) {
    this.#input = input;
  }

  /** Whether what is served is what an image says. */
  get isInUse(): boolean {
    return this.#isTaking || this.#used !== undefined;
  }

  /** Milliseconds since the record was known to be as the image in use says; undefined: none is in use. */
  get ageMs(): number | undefined {
    return this.#used && this.#input.clock.now() - this.#used.isOf;
  }

  /** The record cannot be reached. Returns when the image has been looked at once; never rejects. */
  async begin(): Promise<void> {
    if (this.#isOn) return;
    // What was read of the record since a pause is not all of it.
    this.#lose();
    this.#isOn = true;
    await this.#lookAgain();
  }

  /** The record answers, and is about to be read. Returns when nothing more of the image is taken over. */
  async pause(): Promise<void> {
    this.#isOn = false;
    this.#cancelLook();
    await this.#looking;
  }

  /** The record was read: nothing is used any more of what the image says. */
  async end(): Promise<void> {
    await this.pause();
    this.#lose();
  }

  /** Undefined where no image is in use, or it says nothing of this key. Never rejects. */
  find(hash: KeyHash): Promise<KnownKey | undefined> | undefined {
    return this.#used && this.#find(hash);
  }

  /** Undefined where no image is in use, or it may lack this tenant. */
  findTenant(id: string): KnownTenant | undefined {
    return this.#used?.findTenant(id);
  }

  async #find(hash: KeyHash): Promise<KnownKey | undefined> {
    try {
      const reading = await (await this.#input.openImage()).read([keyField(hash)]);
      // No key is used with the budgets of an earlier image.
      if (reading !== undefined && reading.version !== this.#used?.version) await this.#look();
      const sealed = reading?.values[0];
      if (sealed === undefined || this.#used?.version !== reading?.version) return undefined;
      return this.#used?.seal.openKey(hash, sealed);
    } catch {
      return undefined;
    }
  }

  async #lookAgain(): Promise<void> {
    await this.#look();
    if (this.#isOn) this.#cancelLook = this.#input.clock.schedule(() => void this.#lookAgain(), LOOK_MS);
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce()
      // Where the store is away, what is in use is so until it is too old.
      .catch((error: unknown) => this.#input.log.debug('record', `The image was not read: ${String(error)}`))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { clock, goodMs } = this.#input;
    const image = await this.#input.openImage();
    const askedAt = clock.now();
    const reading = await image.read([HEAD_FIELD, SALT_FIELD]);
    if (!this.#isOn) return;
    if (reading === undefined || reading.version === this.#badVersion) return this.#lose();
    const { ageMs, version } = reading;
    if (this.#used?.version !== version) {
      const taken = await this.#take(image, reading);
      // Another one came meanwhile: whoever asks for a key next, or the next look, takes that.
      if (taken === undefined) return;
      this.#tell(ageMs);
      this.#used = { ...taken, isOf: askedAt - ageMs };
      this.#input.forgetKeys();
    } else this.#used = { ...this.#used, isOf: askedAt - ageMs };
    this.#cancelEnd();
    this.#cancelEnd = clock.schedule(() => this.#lose(), goodMs - (this.ageMs ?? 0));
  }

  /** Takes over the rows of another image; undefined where that is replaced meanwhile, or cannot be opened. */
  async #take(
    image: RecordImageStore,
    { values, version }: ImageReading,
  ): Promise<Omit<UsedImage, 'isOf'> | undefined> {
    const [head, salt] = values;
    const fields: ImageField[] = [];
    let seal: ImageSeal;
    let rows: ImageRows;
    let box: SecretBox;
    try {
      box = await this.#boxOf(salt);
      seal = new ImageSeal(box, version);
      for (const page of pagesOf(seal.openHead(head ?? ''), PAGE)) {
        const reading = await image.read(page);
        if (reading?.version !== version) return undefined;
        fields.push(...page.map((name, index) => [name, reading.values[index] ?? ''] as const));
      }
      rows = seal.openRows(fields);
    } catch (error) {
      // Only what was read can be bad; a store that is away is asked again.
      if (!(error instanceof GatewayError)) throw error;
      this.#refuse(version, error);
      return undefined;
    }
    this.#isTaking = true;
    await this.#input.takeOver(rows, box).finally(() => {
      this.#isTaking = false;
    });
    return { version, seal, findTenant: tenantFinder(rows.tenants) };
  }

  /** Throws where there is no key for one. */
  async #boxOf(salt: string | undefined): Promise<SecretBox> {
    if (this.#opened?.salt !== salt || this.#opened === undefined) {
      const secrets = this.#input.openSecrets(salt);
      if (secrets === undefined) throw new GatewayError('internal', 'There is no key to open it with.');
      this.#opened = { salt, box: (await secrets.open()).box };
    }
    return this.#opened.box;
  }

  #refuse(version: string, error: GatewayError): void {
    this.#badVersion = version;
    this.#lose();
    this.#log(`The image of the record in Redis is not used. ${error.message}`);
  }

  #lose(): void {
    this.#cancelEnd();
    if (this.#used === undefined) return;
    this.#used = undefined;
    this.#input.forgetKeys();
    if (this.#isOn) this.#log('The image of the record is too old, or was dropped: keys of the record are refused');
  }

  #tell(ageMs: number): void {
    if (this.#used !== undefined) return;
    const seconds = Math.round(ageMs / 1_000);
    this.#log(
      `Keys, providers, models and budgets are those of an image in Redis until the record answers, ${seconds} s old`,
    );
  }

  #log(text: string): void {
    const { isFirst, log } = this.#input;
    log[isFirst ? 'warn' : 'debug']('record', text);
  }
}

function tenantFinder({ isWhole, known }: KnownTenants): UsedImage['findTenant'] {
  const byId = new Map(known);
  return (id) => byId.get(id) ?? (isWhole ? unknownTenant : undefined);
}
