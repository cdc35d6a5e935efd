import type { Clock } from '../../canonical/clock.ts';
import type { Collection, ItemChanges, ListQuery, NewItem, StoredItem } from '../collection.ts';
import type { RevisionTopic } from '../revision-store.ts';
import { type Columns, decodeRow, propertiesOf } from './columns.ts';
import type { Database, SqlCell, SqlRunner, SqlValue } from './database.ts';
import { bumpRevision } from './revisions.ts';
import { asStore, type RuleSentences } from './store-error.ts';

const MAX_LISTED = 1_000;

/** What every store over a database is made with. */
export interface StoreContext {
  readonly database: Database;
  readonly clock: Clock;
  /** Makes an id that was never made before. */
  readonly newId: () => string;
}

export interface CollectionTable<Item extends StoredItem> {
  readonly table: string;
  readonly columns: Columns<Item>;
  /** Which copies a change makes stale. */
  readonly topic: RevisionTopic;
  /** Said where its key is taken, or a reference leads nowhere. */
  readonly unique: string;
  readonly missing: string;
  /** Said where it cannot be deleted, because others refer to it. */
  readonly inUse: string;
}

export type Row = Readonly<Record<string, SqlCell>>;

/** What must hold when a row is written; it throws where it does not. */
type TransactionCheck = (transaction: SqlRunner) => Promise<void>;

const noCheck: TransactionCheck = async () => undefined;

/** A table as a collection. Values of properties are parameters; names of columns come from this program. */
export class SqlCollection<Item extends StoredItem> implements Collection<Item> {
  readonly context: StoreContext;
  readonly table: CollectionTable<Item>;
  /** The columns, as a `SELECT` names them. */
  readonly selected: string;

  constructor(context: StoreContext, table: CollectionTable<Item>) {
    this.context = context;
    this.table = table;
    this.selected = propertiesOf(table.columns)
      .map((property) => `${table.table}.${table.columns[property].name}`)
      .join(', ');
  }

  create(item: NewItem<Item>): Promise<Item> {
    return this.insert(item);
  }

  /** Creates one, with columns beside those of its properties, unless `check` throws in the same transaction. */
  insert(
    item: NewItem<Item>,
    more: Readonly<Record<string, SqlValue>> = {},
    check: TransactionCheck = noCheck,
  ): Promise<Item> {
    const { context, table } = this;
    const now = context.clock.wallNow();
    // The type of a new item leaves out just what is added here.
    const whole = { ...item, id: item.id ?? context.newId(), createdAt: now, updatedAt: now } as unknown as Item;
    const values = { ...this.#encode(whole, propertiesOf(table.columns)), ...more };
    return this.change(async (transaction) => {
      await check(transaction);
      const columns = Object.keys(values);
      await transaction.insertMany({ table: table.table, columns, rows: [Object.values(values)] });
      return whole;
    });
  }

  async get(id: string): Promise<Item | undefined> {
    const sql = `SELECT ${this.selected} FROM ${this.table.table} WHERE id = ?`;
    const [row] = await asStore(() => this.context.database.all<Row>(sql, [id]));
    return row && this.decode(row);
  }

  async list(query: ListQuery<Item> = {}): Promise<readonly Item[]> {
    const { sql, parameters } = this.listStatement(query);
    return (await asStore(() => this.context.database.all<Row>(sql, parameters))).map((row) => this.decode(row));
  }

  /** The statement that lists; `more` are columns, and `from` tables, beside its own. */
  listStatement(query: ListQuery<Item>, more = '', from = '') {
    const { table } = this.table;
    const { where = {}, behind, limit = MAX_LISTED } = query;
    const conditions: string[] = [];
    const parameters: SqlValue[] = [];
    for (const [name, value] of Object.entries(this.#encode(where as Partial<Item>, this.#given(where)))) {
      conditions.push(value === null ? `${table}.${name} IS NULL` : `${table}.${name} = ?`);
      if (value !== null) parameters.push(value);
    }
    if (behind !== undefined) {
      conditions.push(`(${table}.created_at, ${table}.id) < (?, ?)`);
      parameters.push(behind.createdAt, behind.id);
    }
    const condition = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const order = `ORDER BY ${table}.created_at DESC, ${table}.id DESC LIMIT ?`;
    parameters.push(Math.min(limit, MAX_LISTED));
    return { sql: `SELECT ${this.selected}${more} FROM ${table}${from}${condition} ${order}`, parameters };
  }

  /** Changes one, unless `check` throws in the same transaction. */
  update(id: string, changes: ItemChanges<Item>, check: TransactionCheck = noCheck): Promise<Item | undefined> {
    return this.change(async (transaction) => {
      await check(transaction);
      return this.set(transaction, id, this.#encode(changes as Partial<Item>, this.#given(changes)));
    });
  }

  /** Deletes one, unless `check` throws in the same transaction. */
  delete(id: string, check: TransactionCheck = noCheck): Promise<boolean> {
    const deletion = { unique: this.table.unique, foreignKey: this.table.inUse, isDeletion: true };
    return this.change(async (transaction) => {
      await check(transaction);
      return (await transaction.run(`DELETE FROM ${this.table.table} WHERE id = ?`, [id])) > 0;
    }, deletion);
  }

  /** Sets columns of one row and the time of its change; gives the item as it is then. */
  async set(
    transaction: SqlRunner,
    id: string,
    values: Readonly<Record<string, SqlValue>>,
    condition = '',
  ): Promise<Item | undefined> {
    const all = { ...values, updated_at: this.context.clock.wallNow() };
    const assignments = Object.keys(all).map((name) => `${name} = ?`);
    const sql = `UPDATE ${this.table.table} SET ${assignments.join(', ')} WHERE id = ?${condition} RETURNING ${this.selected}`;
    const [row] = await transaction.all<Row>(sql, [...Object.values(all), id]);
    return row && this.decode(row);
  }

  /** Runs a change in a transaction; whoever keeps copies learns of it. */
  change<Result>(work: (transaction: SqlRunner) => Promise<Result>, rules?: RuleSentences): Promise<Result> {
    const { database } = this.context;
    const { topic, unique, missing } = this.table;
    return asStore(
      () =>
        database.transaction(async (transaction) => {
          const result = await work(transaction);
          await bumpRevision(transaction, database.dialect, topic);
          return result;
        }),
      rules ?? { unique, foreignKey: missing },
    );
  }

  decode(row: Row): Item {
    return decodeRow(this.table.columns, row);
  }

  #given(item: Partial<Item> | ItemChanges<Item>): readonly (keyof Item)[] {
    const given = item as Partial<Item>;
    return propertiesOf(this.table.columns).filter((property) => given[property] !== undefined);
  }

  #encode(item: Partial<Item>, properties: readonly (keyof Item)[]): Record<string, SqlValue> {
    const { columns } = this.table;
    return Object.fromEntries(
      properties.map((property) => [
        columns[property].name,
        columns[property].encode(item[property] as Item[keyof Item]),
      ]),
    );
  }
}
