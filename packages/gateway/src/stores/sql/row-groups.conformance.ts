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

    test('keeps every value of rows in groups, large and small', async () => {
      const texts = ['', 'NULL', '{a,b}', '"', '\\', '\\"', ',', '?', "'", ' ', '\n', 'ü', '😀', '$1', '-1'];
      const amounts = [0, -1, null, 2n ** 60n, Number.MAX_SAFE_INTEGER];
      const shares = [0.1, 1, null, -2.5e-7, 1e300];
      const parents = Array.from({ length: 60 }, (_, index) => ({
        id: `${index}${texts[index % texts.length]}`,
        label: index % 7 === 6 ? null : texts[(index + 3) % texts.length]!,
        amount: amounts[index % amounts.length]!,
        share: shares[(index * 3) % shares.length]!,
      }));
      // The last group has three rows, the others many.
      const rows = parents.flatMap(({ id, label, share }, index) => [index < 57 ? index % 5 : 5, id, label, share]);
      const groups = [...amounts, 7].map((amount) => [amount]);
      const ownColumns = ['id', 'label', 'share'];
      const insert = { table: 'parents', sharedColumns: ['amount'], ownColumns, groups, rows };
      expect(await database.insertGroups(insert)).toBe(60);
      const expected = parents.map((parent, index) => (index < 57 ? parent : { ...parent, amount: 7 }));
      const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
      const read = await database.all<(typeof parents)[number]>('SELECT id, label, amount, share FROM parents');
      expect([...read].sort(byId)).toEqual(expected.sort(byId));
      await database.script('DELETE FROM parents');
      // The same with what was shared as what is own.
      const others = parents.flatMap(({ id, label, amount }, index) => [index < 57 ? index % 5 : 5, id, label, amount]);
      const shared = { table: 'parents', sharedColumns: ['share'], groups: [...shares, 7].map((share) => [share]) };
      expect(await database.insertGroups({ ...shared, ownColumns: ['id', 'label', 'amount'], rows: others })).toBe(60);
      const sums = 'SELECT COUNT(amount) AS amounts, COUNT(label) AS labels FROM parents';
      const count = (name: 'amount' | 'label') => parents.filter((parent) => parent[name] !== null).length;
      expect(await database.all(sums)).toEqual([{ amounts: count('amount'), labels: count('label') }]);
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
