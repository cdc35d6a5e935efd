import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { AuditConfig, LoadedConfig, SecretsConfig, StoredTargetsConfig } from '../config/gateway-config.ts';
import { DEFAULT_ROTATION_DAYS } from '../credentials/secret-rotation.ts';
import type { WhenStoreIsAway } from '../stores/limit-store.ts';
import type { RevisionTopic } from '../stores/revision-store.ts';
import type { Database } from '../stores/sql/database.ts';
import { builtInFolder, readMigrations } from '../stores/sql/migrations/migration-folder.ts';
import { Migrator } from '../stores/sql/migrations/migrator.ts';
import { SqlError } from '../stores/sql/sql-error.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { startAuditRetention } from './audit-retention.ts';
import { AuditTrail } from './audit-trail.ts';
import { BudgetDirectory } from './budget-directory.ts';
import type { CredentialReader } from './credential-reference.ts';
import { FollowedParts, type PartsListener } from './followed-parts.ts';
import { type KeyChange, KeyDirectory } from './key-directory.ts';
import { KeyUses } from './key-uses.ts';
import { openRecordSecrets, type RecordSecrets } from './record-secrets.ts';
import { createRecordStores, type RecordStores } from './record-stores.ts';
import { resealCredentials } from './reseal-credentials.ts';
import { loadStoredTargets } from './stored-targets.ts';
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
  readonly randomBytes: (size: number) => Uint8Array;
  readonly newId: () => string;
}

/** What was changed in the record, for all who remember parts of it. Plain data: it goes to other processes as well. */
export interface RecordChange extends KeyChange {
  readonly topics: readonly RevisionTopic[];
}

/** Milliseconds between two looks whether somebody else changed the record, where the database does not say so itself. */
const POLL_MS = 1_000;
/** Milliseconds after a change at which all keys are read anew, and at the latest after which they are without one. */
const WARM_SOON_MS = 500;
const WARM_AGAIN_MS = 300_000;
/** Milliseconds between two looks at what nobody tells of: files and variables with credentials, and their age. */
const REFRESH_MS = 60_000;
/** Milliseconds until another try to reach a record; it doubles. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
/** Notices that are remembered, so that each is told once. */
const MOST_NOTICES = 1_000;

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
  readonly #told = new Set<string>();
  #secrets: RecordSecrets | undefined;
  #stored: StoredTargetsConfig = { providers: [], models: [] };
  #tellOthers: (change: RecordChange) => Promise<unknown> = () => Promise.resolve();
  #loading: Promise<void> = Promise.resolve();
  #cancelWarming = (): void => {};
  #cancelRefresh = (): void => {};
  #cancelRetry = (): void => {};
  #stopRetention = (): void => {};
  #stopWatching: (() => Promise<void>) | undefined;
  #isReady = false;
  /** Monotonic milliseconds. */
  #answeredAt: number | undefined;
  #isClosed = false;

  constructor(input: GatewayRecordInput) {
    const { clock, database, log, newId } = input;
    this.#input = input;
    this.database = database;
    this.stores = createRecordStores({ database, clock, newId });
    this.keyUses = new KeyUses(this.stores.keys, clock);
    this.keys = new KeyDirectory({ ...this.stores, clock, onUse: (id) => this.keyUses.note(id) });
    this.budgets = new BudgetDirectory(this.stores.budgets, input.budgetsWhenStoreIsAway);
    this.tokenBudgets = new TokenBudgetDirectory(this.stores.keys, input.budgetsWhenStoreIsAway);
    this.audit = new AuditTrail(this.stores.audit, clock, log);
    this.#parts = new FollowedParts({
      ...input,
      readers: {
        providers: () => this.#reload(),
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
      this.#retry(FIRST_RETRY_MS);
    }
  }

  /** A configuration with the providers and models of the record. */
  merged(loaded: LoadedConfig): LoadedConfig {
    return { ...loaded, config: { ...loaded.config, stored: this.#stored } };
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
    const { topics } = change;
    if (topics.includes('keys') || topics.includes('tenants')) {
      this.keys.invalidate(change);
      this.#warmAfter(WARM_SOON_MS);
    }
    await this.#parts.read(topics);
  }

  /** Writes what waits and closes the database. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWarming();
    this.#cancelRefresh();
    this.#cancelRetry();
    this.#parts.close();
    this.#stopRetention();
    await this.#stopWatching?.();
    if (this.#isReady) await Promise.all([this.keyUses.close(), this.audit.close()]);
    await this.database.close();
  }

  async #prepare(): Promise<void> {
    const { audit, clock, isFirst, log, migrates } = this.#input;
    if (migrates) {
      const migrations = await readMigrations([builtInFolder()]);
      const applied = await new Migrator({ database: this.database, clock, migrations }).run();
      if (applied.length > 0) log.info('record', `Tables brought up to date: ${applied.join(', ')}`);
    }
    this.#secrets = await openRecordSecrets(this.#input);
    if (isFirst && this.#secrets !== undefined) await resealCredentials(this.stores.providers, this.#secrets, log);
    await this.#load();
    await this.keys.warm();
    await this.budgets.load();
    await this.tokenBudgets.load();
    if (this.#isClosed) return;
    this.#isReady = true;
    if (isFirst) {
      if (audit !== undefined) {
        this.#stopRetention = startAuditRetention({ store: this.stores.audit, config: audit, clock, log });
      }
      log.info('record', `The record is at ${this.database.location}`, { dialect: this.database.dialect });
    }
    // The first call names every part: what was changed since it was read is read again.
    this.#stopWatching = this.stores.revisions.watch({
      onChange: (topics) => void this.follow({ topics }),
      onAnswer: () => {
        this.#answeredAt = clock.now();
      },
      pollMs: POLL_MS,
    });
    this.#warmAfter(WARM_AGAIN_MS);
    this.#refreshLater();
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
        if (!this.#isClosed) this.#retry(Math.min(LAST_RETRY_MS, delayMs * 2));
      });
    }, delayMs);
  }

  /** Reads providers and models anew, after whatever reading is under way. */
  #reload(): Promise<void> {
    const loading = this.#loading.then(() => this.#load());
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  async #load(): Promise<void> {
    const { clock, log, secrets } = this.#input;
    const { notices, stored } = await loadStoredTargets({
      ...this.#input,
      providers: this.stores.providers,
      models: this.stores.models,
      box: this.#secrets?.box,
      rotationDays: secrets?.rotationDays ?? DEFAULT_ROTATION_DAYS,
      now: clock.wallNow(),
    });
    this.#stored = stored;
    if (!this.#input.isFirst) return;
    for (const notice of notices) {
      if (this.#told.has(notice)) continue;
      if (this.#told.size >= MOST_NOTICES) this.#told.clear();
      this.#told.add(notice);
      log.warn('record', notice);
    }
  }

  /** Reads providers anew from time to time, and tells those who use them where a credential is another one. */
  #refreshLater(): void {
    if (this.#isClosed) return;
    this.#cancelRefresh();
    const refresh = async (): Promise<void> => {
      const before = JSON.stringify(this.#stored);
      await this.#reload();
      if (JSON.stringify(this.#stored) === before) return;
      this.#parts.tell(['providers']);
    };
    this.#cancelRefresh = this.#input.clock.schedule(() => {
      // What cannot be read now is read the next time; until then, what was read holds.
      void refresh()
        .catch(() => undefined)
        .then(() => this.#refreshLater());
    }, REFRESH_MS);
  }

  /** Reads all keys, so that the first request of each need not wait for it. */
  #warmAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancelWarming();
    this.#cancelWarming = this.#input.clock.schedule(() => {
      void this.keys
        .warm()
        .catch(() => undefined)
        .then(() => this.#warmAfter(WARM_AGAIN_MS));
    }, delayMs);
  }
}

/** Whether the record just cannot be reached now. */
function isSilence(error: unknown): boolean {
  if (error instanceof GatewayError) return error.kind === 'store_unavailable';
  return error instanceof SqlError && ['unavailable', 'timeout', 'busy'].includes(error.kind);
}
