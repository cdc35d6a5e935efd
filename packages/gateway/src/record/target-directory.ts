import type { Clock } from '../canonical/clock.ts';
import type { SecretsConfig, StoredTargetsConfig } from '../config/gateway-config.ts';
import type { SecretBox } from '../credentials/secret-box.ts';
import { DEFAULT_ROTATION_DAYS } from '../credentials/secret-rotation.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { CredentialReader } from './credential-reference.ts';
import type { RecordStores } from './record-stores.ts';
import { readTargetRows, storedTargetsOf, type TargetRows } from './stored-targets.ts';

export interface TargetDirectoryInput extends CredentialReader {
  readonly stores: Pick<RecordStores, 'models' | 'providers'>;
  readonly secrets: SecretsConfig | undefined;
  /** Opens sealed credentials; undefined: they cannot be opened. Asked for only where there are some. */
  readonly openBox: () => Promise<SecretBox | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the processes of one gateway, the one that says what an operator should know, once. */
  readonly isFirst: boolean;
}

/** Notices that are remembered, so that each is told once. */
const MOST_NOTICES = 1_000;
/** Milliseconds between two looks at what nobody tells of: files and variables with credentials, and their age. */
const REFRESH_MS = 60_000;

/** The providers and models of the record, remembered as a configuration names its own. */
export class TargetDirectory {
  readonly #input: TargetDirectoryInput;
  readonly #told = new Set<string>();
  #stored: StoredTargetsConfig = { providers: [], models: [] };
  #loading: Promise<void> = Promise.resolve();
  #cancelRefresh = (): void => {};
  #isClosed = false;

  constructor(input: TargetDirectoryInput) {
    this.#input = input;
  }

  get stored(): StoredTargetsConfig {
    return this.#stored;
  }

  /** Reads them anew, after whatever reading is under way. Rejects while the record is away: those from before stay. */
  load(): Promise<void> {
    return this.#next(() => readTargetRows(this.#input.stores), this.#input.openBox);
  }

  /** Has those that somebody else has read. */
  takeOver(rows: TargetRows, box: SecretBox): Promise<void> {
    return this.#next(
      () => Promise.resolve(rows),
      () => Promise.resolve(box),
    );
  }

  /** Reads them anew from time to time, and tells where a credential is another one. */
  refreshLater(onOther: () => void): void {
    if (this.#isClosed) return;
    this.#cancelRefresh();
    const refresh = async (): Promise<void> => {
      const before = JSON.stringify(this.#stored);
      await this.load();
      if (JSON.stringify(this.#stored) !== before) onOther();
    };
    this.#cancelRefresh = this.#input.clock.schedule(() => {
      // What cannot be read now is read the next time; until then, what was read holds.
      void refresh()
        .catch(() => undefined)
        .then(() => this.refreshLater(onOther));
    }, REFRESH_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRefresh();
  }

  #next(read: () => Promise<TargetRows>, openBox: TargetDirectoryInput['openBox']): Promise<void> {
    const loading = this.#loading.then(async () => {
      const rows = await read();
      const isSealed = rows.providers.some(({ apiKeyEncrypted }) => apiKeyEncrypted !== null);
      await this.#hold(rows, isSealed ? await openBox() : undefined);
    });
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  async #hold(rows: TargetRows, box: SecretBox | undefined): Promise<void> {
    const { clock, isFirst, log, secrets } = this.#input;
    const rotationDays = secrets?.rotationDays ?? DEFAULT_ROTATION_DAYS;
    const { notices, stored } = await storedTargetsOf(rows, {
      ...this.#input,
      box,
      rotationDays,
      now: clock.wallNow(),
    });
    this.#stored = stored;
    if (!isFirst) return;
    for (const notice of notices) {
      if (this.#told.has(notice)) continue;
      if (this.#told.size >= MOST_NOTICES) this.#told.clear();
      this.#told.add(notice);
      log.warn('record', notice);
    }
  }
}
