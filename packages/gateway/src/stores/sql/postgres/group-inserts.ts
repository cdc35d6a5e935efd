import type { GroupsToInsert, OwnValue, RowsToInsert, SqlValue } from '../database.ts';
import { checkNames, withoutGroups } from '../insert-statement.ts';

/** A statement with a `?` for each of its parameters. */
export interface GroupInsert {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** What inserts rows in groups. */
export interface GroupInserts {
  /** One for each group of many rows. */
  readonly inserts: readonly GroupInsert[];
  /** The rows of small groups: a statement of their own would cost more than to say all of their values. */
  readonly rest: RowsToInsert;
}

/** Rows from which on a group has a statement of its own. */
const MANY_ROWS = 8;

/**
 * Statements in which what the rows of a group share stands once, and what is their own is a list for each column: to hand
 * over each value of each row by itself takes longer than all else that is done with a row.
 */
export function groupInserts(insert: GroupsToInsert): GroupInserts {
  const { groups, ownColumns, rows, sharedColumns, table } = insert;
  checkNames([table, ...sharedColumns, ...ownColumns]);
  const width = 1 + ownColumns.length;
  const counts = new Array<number>(groups.length).fill(0);
  for (let at = 0; at < rows.length; at += width) counts[Number(rows[at])]! += 1;
  const lists = counts.map((count) => (count < MANY_ROWS ? undefined : ownColumns.map(() => new ValueList())));
  const few: OwnValue[] = [];
  for (let at = 0; at < rows.length; at += width) {
    const own = lists[Number(rows[at])];
    if (own === undefined) few.push(...rows.slice(at, at + width));
    else for (let index = 0; index < own.length; index++) own[index]!.add(rows[at + 1 + index]!);
  }
  const inserts = lists.flatMap((own, group) => (own === undefined ? [] : [groupInsert(insert, groups[group]!, own)]));
  return { inserts, rest: withoutGroups({ ...insert, rows: few }) };
}

function groupInsert(
  { ownColumns, sharedColumns, table }: GroupsToInsert,
  shared: readonly SqlValue[],
  own: readonly ValueList[],
): GroupInsert {
  const names = own.map((_, index) => `column${index + 1}`);
  const values = [...sharedColumns.map(() => '?'), ...names.map((name) => `own.${name}`)];
  const sql = `INSERT INTO ${table} (${[...sharedColumns, ...ownColumns].join(', ')})
    SELECT ${values.join(', ')}
    FROM unnest(${own.map(({ type }) => `?::${type}[]`).join(', ')}) AS own (${names.join(', ')})`;
  return { sql, parameters: [...shared, ...own.map(({ text }) => text)] };
}

/** Values of a column as PostgreSQL writes an array. */
class ValueList {
  #items = '';
  #isText = false;
  #isWhole = true;

  add(value: OwnValue): void {
    if (this.#items !== '') this.#items += ',';
    if (value === null) this.#items += 'NULL';
    else if (typeof value === 'string') {
      this.#isText = true;
      this.#items += `"${value.replace(/["\\]/g, '\\$&')}"`;
    } else {
      this.#isWhole &&= typeof value === 'bigint' || Number.isSafeInteger(value);
      this.#items += value;
    }
  }

  get text(): string {
    return `{${this.#items}}`;
  }

  /** That its values have; the column makes its own of them. */
  get type(): string {
    if (this.#isText) return 'text';
    return this.#isWhole ? 'bigint' : 'double precision';
  }
}
