import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseUnderTest } from './database.conformance.ts';
import type { Database } from './database.ts';
import { SqlError } from './sql-error.ts';

/** What every database must do with rows that come in groups. */
export function testRowGroups(name: string, create: () => Promise<DatabaseUnderTest>): void {
  describe(name, () => {
    let database: Database;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const made = await create();
      ({ database } = made);
      close = async () => {
        await Promise.all([database.close(), made.second.close()]);
        await made.drop();
      };
      await database.script(
        'CREATE TABLE parents (id TEXT PRIMARY KEY, label TEXT, amount BIGINT, share DOUBLE PRECISION)',
      );
    });
    afterAll(() => close());
    beforeEach(() => database.script('DELETE FROM parents'));

    const ids = async () =>
      (await database.all<{ id: string }>('SELECT id FROM parents ORDER BY id')).map(({ id }) => id);
    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => 'none',
        (error: unknown) => (error instanceof SqlError ? error.kind : error),
      );

    test('inserts rows in groups, all or none, with what the rows of a group share', async () => {
      const rows = Array.from({ length: 1_000 }, (_, index) => [index % 3, `${index}`, index]).flat();
      const groups = [
        ['x', 0.5],
        ['y', null],
        [null, 1],
      ];
      const insert = { table: 'parents', sharedColumns: ['label', 'share'], ownColumns: ['id', 'amount'], groups };
      expect(await database.insertGroups({ ...insert, rows })).toBe(1_000);
      const read = 'SELECT id, label, amount, share FROM parents ORDER BY amount LIMIT 4';
      expect(await database.all(read)).toEqual([
        { id: '0', label: 'x', amount: 0, share: 0.5 },
        { id: '1', label: 'y', amount: 1, share: null },
        { id: '2', label: null, amount: 2, share: 1 },
        { id: '3', label: 'x', amount: 3, share: 0.5 },
      ]);
      // As a whole number, to which whole numbers are compared.
      expect(await database.all('SELECT COUNT(*) AS number FROM parents WHERE amount = ?', [7])).toEqual([
        { number: 1 },
      ]);
      await database.script('DELETE FROM parents');
      expect(await failure(database.insertGroups({ ...insert, rows: [...rows, 0, '5', 1] }))).toBe('unique');
      expect(await ids()).toEqual([]);
      expect(await database.insertGroups({ ...insert, rows: [] })).toBe(0);
      expect(await failure(database.insertGroups({ ...insert, ownColumns: ['id', 'amount)'], rows }))).toBe('invalid');
    });

    test('inserts in groups within a transaction that was undone before', async () => {
      const groups = { table: 'parents', sharedColumns: ['label'], ownColumns: ['id'], groups: [['x']] };
      const undone = database.transaction(async (transaction) => {
        await transaction.insertGroups({ ...groups, rows: [0, 'a'] });
        throw new Error('no');
      });
      await expect(undone).rejects.toThrow('no');
      await database.transaction((transaction) => transaction.insertGroups({ ...groups, rows: [0, 'b', 0, 'c'] }));
      expect(await ids()).toEqual(['b', 'c']);
    });
  });
}
