import type { GroupsToInsert } from '../database.ts';
import { checkNames, valuesOf } from '../insert-statement.ts';
import type { GroupStatements, GroupsTask } from './thread-messages.ts';

/** Rows of one statement, the most first; few sizes, so that few statements are prepared. */
const sizes = [128, 32, 8, 2, 1] as const;
const known = new Map<string, GroupStatements>();

/**
 * What the thread is asked to insert rows in groups. What a group's rows have in common goes into a table of the connection
 * first, from which each row takes it: most of what a row costs is to hand over its values one by one.
 */
export function groupTask(insert: GroupsToInsert): GroupsTask {
  const { groups, ownColumns, rows, sharedColumns, table } = insert;
  const name = [table, ...sharedColumns, '', ...ownColumns].join(' ');
  const statements = known.get(name) ?? statementsOf(insert);
  known.set(name, statements);
  return { statements, width: 1 + ownColumns.length, groups, rows };
}

function statementsOf({ ownColumns, sharedColumns, table }: GroupsToInsert): GroupStatements {
  checkNames([table, ...sharedColumns, ...ownColumns]);
  const shared = sharedColumns.map((_, index) => `value${index + 1}`);
  // Not named after the table: other columns of it may be shared the next time.
  const groups = `temp.groups_of_${shared.length}`;
  const own = ownColumns.map((_, index) => `own.column${index + 2}`);
  return {
    prepare: `CREATE TABLE IF NOT EXISTS ${groups} (place INTEGER PRIMARY KEY, ${shared.join(', ')});
      DELETE FROM ${groups}`,
    group: `INSERT INTO ${groups} VALUES ${valuesOf(1 + sharedColumns.length, 1)}`,
    rows: sizes.map((count) => ({
      count,
      sql: `INSERT INTO ${table} (${[...sharedColumns, ...ownColumns].join(', ')})
        SELECT ${[...shared.map((column) => `shared.${column}`), ...own].join(', ')}
        FROM (VALUES ${valuesOf(1 + ownColumns.length, count)}) AS own
        CROSS JOIN ${groups} AS shared ON shared.place = own.column1`,
    })),
  };
}
