import type { Clock } from '../../../canonical/clock.ts';
import type { Database, SqlRunner } from '../database.ts';
import { SqlError } from '../sql-error.ts';
import { type Migration, sectionFor } from './migration-file.ts';

export interface MigratorSettings {
  readonly database: Database;
  readonly clock: Clock;
  /** All that are known, in the order of their versions. */
  readonly migrations: readonly Migration[];
  /** Told of every migration that was applied or undone. */
  readonly onStep?: (step: MigrationStep) => void;
}

export interface MigrationStep {
  readonly do: 'up' | 'down';
  readonly name: string;
}

/**
 * `applied`, or `pending`; `changed`: its file is not what was applied; `unknown`: applied by a version that has more
 * migrations than this one.
 */
export type MigrationState = 'applied' | 'pending' | 'changed' | 'unknown';

export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  readonly state: MigrationState;
  /** Milliseconds since 1970; undefined while it is pending. */
  readonly appliedAt: number | undefined;
  /** Whether it has a way back. */
  readonly isReversible: boolean;
}

/** Milliseconds that one migration may take, the wait for another runner included. */
const STEP_TIMEOUT_MS = 30 * 60_000;
/** Any number that no other user of advisory locks in the same database takes. */
const LOCK = 7_235_411_960_132_846;

interface AppliedRow {
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: number;
}

/**
 * Applies and undoes migrations, each in a transaction of its own under a lock: of two that run at once, one waits and
 * then finds the work done. A migration that fails leaves nothing of itself behind.
 */
export class Migrator {
  readonly #settings: MigratorSettings;

  constructor(settings: MigratorSettings) {
    this.#settings = settings;
  }

  /**
   * Applies what is pending; gives the names of what this call applied. Throws before it touches anything when a file
   * was changed after it was applied.
   */
  async run(): Promise<readonly string[]> {
    const before = await this.#applied();
    this.#refuseChanges(before);
    const applied: string[] = [];
    for (const migration of this.#settings.migrations) {
      if (before.some(({ version }) => version === migration.version)) continue;
      const isNew = await this.#locked(async (transaction, rows) => {
        this.#refuseChanges(rows);
        if (rows.some(({ version }) => version === migration.version)) return false;
        await this.#perform(transaction, migration.name, migration.up);
        const values = [migration.version, migration.name, migration.checksum, this.#settings.clock.wallNow()];
        await transaction.run(
          'INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)',
          values,
        );
        return true;
      });
      if (!isNew) continue;
      applied.push(migration.name);
      this.#settings.onStep?.({ do: 'up', name: migration.name });
    }
    return applied;
  }

  /** Undoes the newest `steps` migrations; gives their names, the newest first. */
  async revert(steps: number): Promise<readonly string[]> {
    const undone: string[] = [];
    while (undone.length < steps) {
      const name = await this.#locked(async (transaction, rows) => {
        const newest = rows.at(-1);
        if (newest === undefined) return undefined;
        const migration = this.#settings.migrations.find(({ version }) => version === newest.version);
        if (migration?.down === undefined) throw new SqlError('invalid', whyIrreversible(newest.name, migration));
        await this.#perform(transaction, migration.name, migration.down);
        await transaction.run('DELETE FROM schema_migrations WHERE version = ?', [newest.version]);
        return migration.name;
      });
      if (name === undefined) break;
      undone.push(name);
      this.#settings.onStep?.({ do: 'down', name });
    }
    return undone;
  }

  /** Every migration that is known or was applied, in the order of their versions. Changes nothing. */
  async status(): Promise<readonly MigrationStatus[]> {
    const rows = await this.#applied();
    const { migrations } = this.#settings;
    const known = migrations.map((migration) => {
      const row = rows.find(({ version }) => version === migration.version);
      return {
        version: migration.version,
        name: migration.name,
        state: stateOf(migration, row),
        appliedAt: row?.applied_at,
        isReversible: migration.down !== undefined,
      };
    });
    const unknown = rows
      .filter(({ version }) => migrations.every((migration) => migration.version !== version))
      .map(({ version, name, applied_at }) => ({
        version,
        name,
        state: 'unknown' as const,
        appliedAt: applied_at,
        isReversible: false,
      }));
    return [...known, ...unknown].sort((a, b) => (a.version < b.version ? -1 : 1));
  }

  /** What was applied; nothing where no migration ever ran. */
  async #applied(): Promise<readonly AppliedRow[]> {
    const { database } = this.#settings;
    const tables =
      database.dialect === 'sqlite'
        ? `SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'`
        : `SELECT to_regclass('schema_migrations') AS name`;
    const [table] = await database.all<{ readonly name: string | null }>(tables);
    return table?.name == null ? [] : readApplied(database);
  }

  /** Runs `work` alone among all runners, with what was applied until now. */
  async #locked<Result>(work: (transaction: SqlRunner, rows: readonly AppliedRow[]) => Promise<Result>) {
    const { database, clock } = this.#settings;
    const end = clock.now() + STEP_TIMEOUT_MS;
    for (;;) {
      try {
        return await database.transaction(
          async (transaction) => {
            // SQLite has one writer at a time anyway.
            if (database.dialect === 'postgres') await transaction.all(`SELECT pg_advisory_xact_lock(${LOCK})`);
            await transaction.script(`CREATE TABLE IF NOT EXISTS schema_migrations (
              version TEXT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)`);
            return work(transaction, await readApplied(transaction));
          },
          { timeoutMs: STEP_TIMEOUT_MS },
        );
      } catch (error) {
        // Another process writes for longer than a statement waits; it may well be at a migration.
        if (!(error instanceof SqlError && error.kind === 'busy' && clock.now() < end)) throw error;
      }
    }
  }

  async #perform(transaction: SqlRunner, name: string, section: string): Promise<void> {
    try {
      await transaction.script(sectionFor(this.#settings.database.dialect, name, section));
    } catch (error) {
      if (!(error instanceof SqlError) || error.kind === 'busy') throw error;
      throw new SqlError(error.kind, `Migration ${name} failed and was undone. ${error.message}`, error);
    }
  }

  #refuseChanges(rows: readonly AppliedRow[]): void {
    for (const migration of this.#settings.migrations) {
      const row = rows.find(({ version }) => version === migration.version);
      if (row === undefined || stateOf(migration, row) !== 'changed') continue;
      const when = new Date(row.applied_at).toISOString();
      throw new SqlError(
        'invalid',
        `${migration.name}.sql is not what was applied on ${when}. Restore its text and put the change into a new ` +
          'migration, or undo it with "llm-gateway migrate revert" before it is changed.',
      );
    }
  }
}

function readApplied(runner: SqlRunner): Promise<readonly AppliedRow[]> {
  return runner.all<AppliedRow>('SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version');
}

function stateOf(migration: Migration, row: AppliedRow | undefined): MigrationState {
  if (row === undefined) return 'pending';
  return row.checksum === migration.checksum ? 'applied' : 'changed';
}

function whyIrreversible(name: string, migration: Migration | undefined): string {
  return migration === undefined
    ? `${name} was applied from a file that is not here. Use the version of the gateway, or the folder, that has it.`
    : `${name}.sql has no way back. Write one below "-- down".`;
}
