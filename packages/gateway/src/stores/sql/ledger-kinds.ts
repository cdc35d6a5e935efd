import { hash } from 'node:crypto';
import type { SqlDialect, SqlRunner, SqlValue } from './database.ts';
import { valuesOf } from './insert-statement.ts';
import type { Group } from './row-groups.ts';
import { SqlError } from './sql-error.ts';

/** What rows of one kind have in common, in the order of the values of a group. */
export const kindColumns = [
  'operation',
  'is_stream',
  'outcome',
  'status',
  'failure',
  'organisation_id',
  'tenant_id',
  'team_id',
  'key_id',
  'principal',
  'requested_model',
  'model',
  'target_model',
  'response_model',
  'provider',
  'target_id',
  'attempts',
  'has_attempt_records',
  'is_estimated',
  'unknown_cost',
  'price_source',
  'service_tier',
  'is_shared',
  'recovered',
] as const;

/** Kinds of one statement; few sizes, so that few statements are prepared. */
const sizes = [100, 20, 4, 1] as const;
/** Kinds that are looked up at once. */
const LOOKED_UP = 1_000;
/** How often kinds are inserted that others insert, or delete, at the same time. */
const ROUNDS = 5;

/** The digests of many kinds are one parameter, so that it is one statement however many there are. */
const lookUps: Readonly<Record<SqlDialect, string>> = {
  sqlite: `SELECT kind.id, kind.digest FROM json_each(?) AS asked CROSS JOIN usage_kinds AS kind
    WHERE kind.digest = asked.value`,
  // What is found cannot be deleted until the rows that name it are committed.
  postgres: 'SELECT id, digest FROM usage_kinds WHERE digest = ANY(?::text[]) FOR KEY SHARE',
};

interface KindRow {
  readonly id: number;
  readonly digest: string;
}

/**
 * The kinds of the rows of one batch, in its transaction. Nothing is remembered beyond that: kinds that no row has any
 * more are deleted.
 */
export class BatchKinds {
  readonly #transaction: SqlRunner;
  readonly #dialect: SqlDialect;
  readonly #digests = new Map<Group, string>();
  readonly #ids = new Map<string, number>();
  readonly #missing = new Map<string, Group>();

  constructor(transaction: SqlRunner, dialect: SqlDialect) {
    this.#transaction = transaction;
    this.#dialect = dialect;
  }

  /** Looks up the kinds of groups; answers whether all of them are there. */
  async find(groups: readonly Group[]): Promise<boolean> {
    const asked = new Map<string, Group>();
    for (const group of groups) {
      const digest = digestOf(group);
      this.#digests.set(group, digest);
      if (!this.#ids.has(digest) && !this.#missing.has(digest)) asked.set(digest, group);
    }
    await this.#lookUp([...asked.keys()]);
    for (const [digest, group] of asked) if (!this.#ids.has(digest)) this.#missing.set(digest, group);
    return groups.every((group) => this.#ids.has(this.#digests.get(group)!));
  }

  /**
   * Inserts all kinds that were looked up and are not there. It is called once for a batch: whoever inserts kinds does
   * so in the order of their digests, so that of two batches with the same new kinds one waits for the other, and never
   * each for the other.
   */
  async addMissing(): Promise<void> {
    for (let round = 0; this.#missing.size > 0; round++) {
      if (round === ROUNDS) {
        throw new SqlError(
          'unavailable',
          'Kinds of rows are added and deleted at the same time; the batch comes again.',
        );
      }
      await this.#insert([...this.#missing].sort(([left], [right]) => (left < right ? -1 : 1)));
      await this.#lookUp([...this.#missing.keys()]);
    }
  }

  /** The number of a kind that was found or added. */
  idOf(group: Group): number {
    return this.#ids.get(this.#digests.get(group)!)!;
  }

  async #lookUp(digests: readonly string[]): Promise<void> {
    for (let done = 0; done < digests.length; done += LOOKED_UP) {
      const some = digests.slice(done, done + LOOKED_UP);
      const list = this.#dialect === 'sqlite' ? JSON.stringify(some) : `{${some.join(',')}}`;
      this.#know(await this.#transaction.all<KindRow>(lookUps[this.#dialect], [list]));
    }
  }

  /** Kinds that another batch inserts at the same time are waited for, and are not among those inserted here. */
  async #insert(kinds: readonly (readonly [digest: string, group: Group])[]): Promise<void> {
    let done = 0;
    while (done < kinds.length) {
      const size = sizes.find((one) => one <= kinds.length - done)!;
      const values = kinds.slice(done, done + size).flatMap(([digest, group]): SqlValue[] => [digest, ...group]);
      this.#know(await this.#transaction.all<KindRow>(insertStatementOf(size), values));
      done += size;
    }
  }

  #know(kinds: readonly KindRow[]): void {
    for (const { digest, id } of kinds) {
      this.#ids.set(digest, id);
      this.#missing.delete(digest);
    }
  }
}

function insertStatementOf(count: number): string {
  return `INSERT INTO usage_kinds (digest, ${kindColumns.join(', ')}) VALUES ${valuesOf(1 + kindColumns.length, count)}
    ON CONFLICT (digest) DO NOTHING RETURNING id, digest`;
}

/** The same in every process and at any time: kinds are found by it. */
function digestOf(group: Group): string {
  return hash('sha256', JSON.stringify(group));
}
