import type { Clock } from '../canonical/clock.ts';
import type { AuditConfig, LoadedConfig, SecretsConfig } from '../config/gateway-config.ts';
import type { SecretBox } from '../credentials/secret-box.ts';
import type { WhenStoreIsAway } from '../stores/limit-store.ts';
import type { RecordImageStore } from '../stores/record-image-store.ts';
import type { RevisionTopic } from '../stores/revision-store.ts';
import type { Database } from '../stores/sql/database.ts';
import { builtInFolder, readMigrations } from '../stores/sql/migrations/migration-folder.ts';
import { Migrator } from '../stores/sql/migrations/migrator.ts';
import { recordSalt } from '../stores/sql/record-salt.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { startAuditRetention } from './audit-retention.ts';
import { AuditTrail } from './audit-trail.ts';
import { BudgetDirectory } from './budget-directory.ts';
import type { CredentialReader } from './credential-reference.ts';
import { FollowedParts, type PartsListener } from './followed-parts.ts';
import { STALE_MS } from './fresh-values.ts';
import { ImageWriter } from './image-writer.ts';
import { isSilence } from './is-silence.ts';
import { type KeyChange, KeyDirectory } from './key-directory.ts';
import { KeyUses } from './key-uses.ts';
import { openRecordSecrets, type RecordSecrets } from './record-secrets.ts';
import { createRecordStores, type RecordStores } from './record-stores.ts';
import { resealCredentials } from './reseal-credentials.ts';
import { StandIn } from './stand-in.ts';
import { TargetDirectory } from './target-directory.ts';
import { TokenBudgetDirectory } from './token-budget-directory.ts';

export interface GatewayRecordInput extends CredentialReader {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly migrates: boolean;
  /** Of the processes of one gateway, the one that says what an operator should know, once. */
  readonly isFirst: boolean;
  readonly secrets: SecretsConfig | undefined;
  /** Undefined: nothing of the audit log is ever deleted. */
  readonly audit: AuditConfig | undefined;
  readonly adminKey: string | undefined;
  /** Whether requests pass where a budget holds while what counts for several gateways is away. */
  readonly budgetsWhenStoreIsAway: WhenStoreIsAway;
  /** Connects to where an image of the record is kept for those that start without it; undefined: nowhere. */
  readonly openImage: (() => Promise<RecordImageStore>) | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly newId: () => string;
}

/** What was changed in the record, for all who remember parts of it. Plain data: it goes to other processes as well. */
export interface RecordChange extends KeyChange {
  readonly topics: readonly RevisionTopic[];
}

/** Milliseconds between two looks whether somebody else changed the record, where the database does not say so itself. */
const POLL_MS = 1_000;
/** Milliseconds until another try to reach a record; it doubles. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/** The record in use: its stores, what is remembered of it, and how whoever remembers learns of changes. */
export class GatewayRecord {
  readonly stores: RecordStores;
  readonly keys: KeyDirectory;
  readonly budgets: BudgetDirectory;
  readonly tokenBudgets: TokenBudgetDirectory;
  /** When keys were last used, as far as it is not written down yet. */
  readonly keyUses: KeyUses;
  readonly audit: AuditTrail;
  readonly database: Database;
  readonly #input: GatewayRecordInput;
  readonly #parts: FollowedParts;
  readonly #targets: TargetDirectory;
  readonly #standIn: StandIn | undefined;
  readonly #writer: ImageWriter | undefined;
  #image: Promise<RecordImageStore> | undefined;
  #secrets: RecordSecrets | undefined;
  #tellOthers: (change: RecordChange) => Promise<unknown> = () => Promise.resolve();
  #cancelRetry = (): void => {};
  #stopRetention = (): void => {};
  #stopWatching: (() => Promise<void>) | undefined;
  #isReady = false;
  /** Monotonic milliseconds. */
  #answeredAt: number | undefined;
  #isClosed = false;

  constructor(input: GatewayRecordInput) {
    const { clock, database, isFirst, log, newId } = input;
    this.#input = input;
    this.database = database;
    this.stores = createRecordStores({ database, clock, newId });
    this.keyUses = new KeyUses(this.stores.keys, clock);
    this.keys = new KeyDirectory({
      ...this.stores,
      clock,
      findInImage: (hash) => this.#standIn?.find(hash),
      findTenantInImage: (id) => this.#standIn?.findTenant(id),
      onUse: (id) => this.keyUses.note(id),
    });
    const { budgetsWhenStoreIsAway } = input;
    this.budgets = new BudgetDirectory(this.stores.budgets, budgetsWhenStoreIsAway);
    // Where neither Redis nor a ledger can say what is spent, nothing of a budget is.
    this.tokenBudgets = new TokenBudgetDirectory(this.stores.keys, () =>
      this.#standIn?.isInUse ? 'closed' : budgetsWhenStoreIsAway,
    );
    this.#targets = new TargetDirectory({ ...input, stores: this.stores, openBox: () => this.#openBox() });
    const { openImage } = input;
    // A file has no other gateways that could start without it.
    if (openImage !== undefined && database.dialect === 'postgres') {
      const open = (): Promise<RecordImageStore> => (this.#image ??= openImage());
      this.#standIn = this.#createStandIn(open);
      if (isFirst) this.#writer = new ImageWriter({ ...input, openImage: open, stores: this.stores });
    }
    this.audit = new AuditTrail(this.stores.audit, clock, log);
    this.#parts = new FollowedParts({
      ...input,
      readers: {
        providers: () => this.#targets.load(),
        budgets: () => this.budgets.load(),
        // A key that was refused or replaced is so even where this cannot be read.
        keys: () => this.tokenBudgets.load(),
      },
    });
  }

  /** Whether the record was reached since the start. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Milliseconds since the record last answered, which it is asked to every second; undefined where it never has. */
  get silentMs(): number | undefined {
    return this.#answeredAt === undefined ? undefined : this.#input.clock.now() - this.#answeredAt;
  }

  /** Parts that changed and could not be read since; they are read again until they can. */
  get unread(): readonly RevisionTopic[] {
    return this.#parts.unread;
  }

  /** Milliseconds since the record was as the image says that stands in for it; undefined: none does. */
  get imageAgeMs(): number | undefined {
    return this.#standIn?.ageMs;
  }

  /** Undefined while the record has not been reached, and where there is no key to seal with. */
  get secrets(): RecordSecrets | undefined {
    return this.#secrets;
  }

  /** Makes the record ready, or goes on trying where it cannot be reached. Throws where it cannot be used. */
  async start(): Promise<void> {
    const { log, migrates } = this.#input;
    try {
      await this.#prepare();
    } catch (error) {
      // Tables that are not there yet are somebody else's business where this process does not make them.
      if (!isSilence(error) && migrates) throw error;
      log.error(
        'record',
        `The record cannot be reached; the gateway goes on without it until it can. ${String(error)}`,
      );
      if (isSilence(error)) await this.#standIn?.begin();
      this.#retry(FIRST_RETRY_MS);
    }
  }

  /** A configuration with the providers and models of the record. */
  merged(loaded: LoadedConfig): LoadedConfig {
    return { ...loaded, config: { ...loaded.config, stored: this.#targets.stored } };
  }

  /** Calls a listener after everything that is kept here follows a change, whoever made it. */
  onChange(listener: PartsListener): void {
    this.#parts.onChange(listener);
  }

  /** Names who tells other processes of this gateway of a change, and waits until they follow it. */
  tellOthers(tell: (change: RecordChange) => Promise<unknown>): void {
    this.#tellOthers = tell;
  }

  /**
   * To be called after a change that this process made: when it returns, every request sees the change, except for what
   * is `unread` then. Never rejects: the change is written, whatever can be read of it now.
   */
  async changed(change: RecordChange): Promise<void> {
    await Promise.all([this.follow(change), this.#tellOthers(change).catch(() => undefined)]);
  }

  /** Follows a change that another process of this gateway made. Never rejects. */
  async follow(change: RecordChange): Promise<void> {
    await Promise.all([this.#follow(change), this.#writer?.retire(change)]);
  }

  /** Writes what waits and closes the database. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.keys.close();
    this.#targets.close();
    this.#cancelRetry();
    this.#parts.close();
    this.#stopRetention();
    this.#writer?.close();
    await this.#standIn?.end();
    await this.#stopWatching?.();
    if (this.#isReady) await Promise.all([this.keyUses.close(), this.audit.close()]);
    await this.database.close();
    (await this.#image?.catch(() => undefined))?.close();
  }

  /** Follows a change that somebody made: who did has seen to the image. Never rejects. */
  async #follow(change: RecordChange): Promise<void> {
    const { topics } = change;
    this.#writer?.soon();
    if (topics.includes('keys') || topics.includes('tenants')) {
      this.keys.invalidate(change);
      this.keys.warmSoon();
    }
    await this.#parts.read(topics);
  }

  async #prepare(): Promise<void> {
    const { audit, clock, isFirst, log, migrates } = this.#input;
    if (migrates) {
      const migrations = await readMigrations([builtInFolder()]);
      const applied = await new Migrator({ database: this.database, clock, migrations }).run();
      if (applied.length > 0) log.info('record', `Tables brought up to date: ${applied.join(', ')}`);
    }
    // What is changed from here on is read again. Only a record that answers takes the place of what stands in for it.
    const since = await this.stores.revisions.read();
    this.#secrets = this.#openSecrets(() => recordSalt(this.database, this.#input.randomBytes));
    await this.#standIn?.pause();
    if (isFirst && this.#secrets !== undefined) await resealCredentials(this.stores.providers, this.#secrets, log);
    await Promise.all([this.#targets.load(), this.budgets.load(), this.tokenBudgets.load()]);
    await this.#standIn?.end();
    // From here on every key is known or can be asked for.
    this.#isReady = true;
    await this.keys.warm();
    if (this.#isClosed) return;
    if (isFirst) {
      if (audit !== undefined) {
        this.#stopRetention = startAuditRetention({ store: this.stores.audit, config: audit, clock, log });
      }
      log.info('record', `The record is at ${this.database.location}`, { dialect: this.database.dialect });
    }
    this.#stopWatching = this.stores.revisions.watch({
      since,
      onChange: (topics) => void this.#follow({ topics }),
      onAnswer: () => {
        this.#answeredAt = clock.now();
      },
      pollMs: POLL_MS,
    });
    this.keys.warmLater();
    this.#targets.refreshLater(() => this.#parts.tell(['providers']));
    this.#writer?.begin(this.#secrets);
  }

  #openSecrets(salt: () => Promise<string>): RecordSecrets | undefined {
    return openRecordSecrets({ ...this.#input, salt });
  }

  async #openBox(): Promise<SecretBox | undefined> {
    return (await this.#secrets?.open())?.box;
  }

  #createStandIn(openImage: () => Promise<RecordImageStore>): StandIn {
    return new StandIn({
      ...this.#input,
      openImage,
      openSecrets: (salt) => this.#openSecrets(async () => salt ?? ''),
      takeOver: async ({ budgets, targets }, box) => {
        await this.budgets.takeOver(budgets);
        await this.#targets.takeOver(targets, box);
        this.#parts.tell(['keys', 'providers', 'budgets']);
      },
      forgetKeys: () => this.keys.forgetAll(),
      goodMs: STALE_MS,
    });
  }

  #retry(delayMs: number): void {
    const { clock, log } = this.#input;
    this.#cancelRetry = clock.schedule(() => {
      const again = async (): Promise<void> => {
        await this.#prepare();
        this.#parts.tell(['keys', 'providers', 'tenants', 'budgets']);
      };
      again().catch((error: unknown) => {
        log.debug('record', `The record cannot be used yet: ${String(error)}`);
        if (this.#isClosed) return;
        if (isSilence(error)) void this.#standIn?.begin();
        // What stands in for the record is to do so no longer than it must.
        this.#retry(this.#standIn?.isInUse ? FIRST_RETRY_MS : Math.min(LAST_RETRY_MS, delayMs * 2));
      });
    }, delayMs);
  }
}
