import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { asBigInt, asNumber, type Database, type SqlCell } from './database.ts';
import { SqlError } from './sql-error.ts';

/** Two connections to one empty database, as two processes would have, and the end of it. */
export interface DatabaseUnderTest {
  readonly database: Database;
  readonly second: Database;
  readonly drop: () => Promise<void>;
}

/** What every database must do, whatever speaks to it. */
export function testDatabase(name: string, create: () => Promise<DatabaseUnderTest>): void {
  describe(name, () => {
    let database: Database;
    let second: Database;
    let drop: () => Promise<void>;
    beforeAll(async () => {
      ({ database, second, drop } = await create());
      await database.script(`
        CREATE TABLE parents (id TEXT PRIMARY KEY, label TEXT, amount BIGINT, share DOUBLE PRECISION);
        CREATE TABLE children (
          id TEXT PRIMARY KEY,
          parent_id TEXT NOT NULL REFERENCES parents (id) ON DELETE RESTRICT,
          friend_id TEXT REFERENCES parents (id)
        );
      `);
    });
    afterAll(async () => {
      await database.close();
      await second.close();
      await drop();
    });
    beforeEach(() => database.script('DELETE FROM children; DELETE FROM parents'));

    const insert = 'INSERT INTO parents (id, label, amount, share) VALUES (?, ?, ?, ?)';
    const ids = async (from = database) =>
      (await from.all<{ id: string }>('SELECT id FROM parents ORDER BY id')).map(({ id }) => id);
    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => 'none',
        (error: unknown) => (error instanceof SqlError ? error.kind : error),
      );

    test('gives back what it was given', async () => {
      expect(await database.run(insert, ['a', 'ä 🙂 \'"\n', 12, 0.1])).toBe(1);
      expect(await database.run(insert, ['b', null, null, 2])).toBe(1);
      expect(await database.all('SELECT * FROM parents ORDER BY id')).toEqual([
        { id: 'a', label: 'ä 🙂 \'"\n', amount: 12, share: 0.1 },
        { id: 'b', label: null, amount: null, share: 2 },
      ]);
      expect(await database.all('SELECT * FROM parents WHERE id = ?', ['none'])).toEqual([]);
    });

    test('keeps every whole number of 64 bits exactly', async () => {
      const amounts = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
      await fc.assert(
        fc.asyncProperty(amounts, async (amount) => {
          await database.script('DELETE FROM parents');
          await database.run(insert, ['a', null, amount, null]);
          const [row] = await database.all<{ amount: number | bigint }>('SELECT amount FROM parents');
          const { amount: read } = row!;
          expect(asBigInt(read)).toBe(amount);
          expect(typeof read).toBe(Number.isSafeInteger(Number(amount)) ? 'number' : 'bigint');
          if (typeof read === 'number') expect(asNumber(read)).toBe(Number(amount));
          else expect(() => asNumber(read)).toThrow(RangeError);
        }),
        { numRuns: 40 },
      );
    });

    test('keeps every text', async () => {
      // PostgreSQL has no text with a null character in it.
      const texts = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
      await fc.assert(
        fc.asyncProperty(texts, async (label) => {
          const [row] = await database.all<{ label: string }>('SELECT CAST(? AS TEXT) AS label', [label]);
          expect(row?.label).toBe(label);
        }),
        { numRuns: 40 },
      );
    });

    test('adds whole numbers up as whole numbers', async () => {
      const rows = [1, 2, 3].map((id) => [`${id}`, null, 2n ** 61n, null]);
      await database.insertMany({ table: 'parents', columns: ['id', 'label', 'amount', 'share'], rows });
      const sums = 'SELECT SUM(amount) AS total, COUNT(*) AS number, MAX(amount) AS most FROM parents';
      expect(await database.all(sums)).toEqual([{ total: 3n * 2n ** 61n, number: 3, most: 2n ** 61n }]);
      await database.run('UPDATE parents SET amount = 7');
      expect(await database.all(sums)).toEqual([{ total: 21, number: 3, most: 7 }]);
    });

    test('writes booleans as 1 and 0', async () => {
      await database.run(insert, ['a', null, true, null]);
      await database.run(insert, ['b', null, false, null]);
      const read = await database.all<{ amount: SqlCell }>('SELECT amount FROM parents ORDER BY id');
      expect(read.map(({ amount }) => amount)).toEqual([1, 0]);
    });

    test('takes a question mark for a placeholder where it is one', async () => {
      const sql = `SELECT '?' AS "a?", '''?' AS b, ? AS c -- ?
        /* ? */ FROM parents WHERE id = ?`;
      await database.run(insert, ['a', null, 5, null]);
      expect(await database.all(sql, ['x', 'a'])).toEqual([{ 'a?': '?', b: "'?", c: 'x' }]);
    });

    test('gives rows of a writing statement, and counts those that changed', async () => {
      const returning = await database.all(`${insert} RETURNING id, amount`, ['a', null, 3, null]);
      expect(returning).toEqual([{ id: 'a', amount: 3 }]);
      expect(
        await database.run(`${insert} ON CONFLICT (id) DO UPDATE SET amount = excluded.amount`, ['a', null, 4, null]),
      ).toBe(1);
      expect(await database.run('UPDATE parents SET amount = 9 WHERE id = ?', ['none'])).toBe(0);
      expect(await database.run('DELETE FROM parents')).toBe(1);
    });

    test('names what a row breaks', async () => {
      await database.run(insert, ['a', null, 1, null]);
      await database.run('INSERT INTO children (id, parent_id) VALUES (?, ?)', ['c', 'a']);
      expect(await failure(database.run(insert, ['a', null, 1, null]))).toBe('unique');
      expect(await failure(database.run('INSERT INTO children (id, parent_id) VALUES (?, ?)', ['d', 'none']))).toBe(
        'foreign_key',
      );
      expect(await failure(database.run('DELETE FROM parents'))).toBe('foreign_key');
      await database.run(insert, ['b', null, 1, null]);
      await database.run('UPDATE children SET friend_id = ?', ['b']);
      expect(await failure(database.run('DELETE FROM parents WHERE id = ?', ['b']))).toBe('foreign_key');
      expect(await failure(database.run('INSERT INTO children (id, parent_id) VALUES (?, ?)', ['d', null]))).toBe(
        'invalid',
      );
      expect(await failure(database.run('SELEC'))).toBe('invalid');
      expect(await failure(database.all('SELECT * FROM nothing'))).toBe('invalid');
      expect(await ids()).toEqual(['a', 'b']);
    });

    test('inserts many rows, all or none', async () => {
      const columns = ['id', 'label', 'amount', 'share'];
      const rows = Array.from({ length: 20_000 }, (_, index) => [`${index}`, 'x', index, index / 2]);
      expect(await database.insertMany({ table: 'parents', columns, rows })).toBe(20_000);
      expect(await database.all('SELECT SUM(amount) AS total FROM parents')).toEqual([{ total: 199_990_000 }]);
      await database.script('DELETE FROM parents');
      const doubled = [...rows, rows[0]!];
      expect(await failure(database.insertMany({ table: 'parents', columns, rows: doubled }))).toBe('unique');
      expect(await ids()).toEqual([]);
      expect(await database.insertMany({ table: 'parents', columns, rows: doubled, onConflict: 'ignore' })).toBe(
        20_000,
      );
      expect(await database.insertMany({ table: 'parents', columns, rows: [] })).toBe(0);
    });

    test('takes no name that is none', async () => {
      const odd = { table: 'parents; DROP TABLE parents', columns: ['id'], rows: [['a']] };
      expect(await failure(database.insertMany(odd))).toBe('invalid');
      expect(await failure(database.insertMany({ table: 'parents', columns: ['id)'], rows: [['a']] }))).toBe('invalid');
    });

    test('keeps a transaction whole', async () => {
      const given = await database.transaction(async (transaction) => {
        await transaction.run(insert, ['a', null, 1, null]);
        await transaction.insertMany({ table: 'parents', columns: ['id'], rows: [['b'], ['c']] });
        expect(await ids(second)).toEqual([]);
        return transaction.all('SELECT COUNT(*) AS number FROM parents');
      });
      expect(given).toEqual([{ number: 3 }]);
      expect(await ids(second)).toEqual(['a', 'b', 'c']);
    });

    test('undoes a transaction that throws, and passes its error on', async () => {
      const own = new Error('no');
      const thrown = database.transaction(async (transaction) => {
        await transaction.run(insert, ['a', null, 1, null]);
        throw own;
      });
      await expect(thrown).rejects.toBe(own);
      const broken = database.transaction(async (transaction) => {
        await transaction.run(insert, ['a', null, 1, null]);
        await transaction.run(insert, ['a', null, 1, null]);
      });
      expect(await failure(broken)).toBe('unique');
      expect(await ids()).toEqual([]);
    });

    test('runs statements of a transaction that are not awaited in their order', async () => {
      await database.transaction((transaction) =>
        Promise.all([
          transaction.run(insert, ['a', null, 1, null]),
          transaction.run('UPDATE parents SET amount = amount + 1'),
          transaction.run('UPDATE parents SET amount = amount * 10'),
        ]),
      );
      expect(await database.all('SELECT amount FROM parents')).toEqual([{ amount: 20 }]);
    });

    test('takes no statement after the end of a transaction', async () => {
      const transaction = await database.transaction(async (inner) => inner);
      // What was the transaction is a thing of the past, not the database.
      expect(await failure(transaction.run(insert, ['a', null, 1, null]))).toBe('invalid');
      expect(await ids()).toEqual([]);
    });

    test('loses no update of writers that meet', async () => {
      await database.run(insert, ['a', null, 0, null]);
      const add = (writer: Database) =>
        writer.transaction(async (transaction) => {
          await transaction.run('UPDATE parents SET amount = amount + 1 WHERE id = ?', ['a']);
        });
      await Promise.all(Array.from({ length: 40 }, (_, index) => add(index % 2 === 0 ? database : second)));
      expect(await database.all('SELECT amount FROM parents')).toEqual([{ amount: 40 }]);
    });

    test('ends a call at its time limit, and when its caller gives up', async () => {
      await database.run(insert, ['a', null, 0, null]);
      const hold = second.transaction(async (transaction) => {
        await transaction.run('UPDATE parents SET amount = 1');
        const began = performance.now();
        const late = failure(database.run('UPDATE parents SET amount = 2', [], { timeoutMs: 50 }));
        expect(await late).toBe('timeout');
        expect(performance.now() - began).toBeLessThan(8_000);
        const controller = new AbortController();
        const given = failure(database.run('UPDATE parents SET amount = 3', [], { signal: controller.signal }));
        controller.abort();
        expect(await given).toBe('aborted');
        expect(await failure(database.run('SELECT 1', [], { signal: controller.signal }))).toBe('aborted');
      });
      await hold;
      expect(await database.all('SELECT COUNT(*) AS number FROM parents')).toEqual([{ number: 1 }]);
    });

    test('undoes a transaction whose time is over, and is of use afterwards', async () => {
      let goOn = () => {};
      const stuck = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      let later: Promise<unknown> | undefined;
      const call = database.transaction(
        async (transaction) => {
          await transaction.run(insert, ['a', null, 0, null]);
          await stuck;
          later = failure(transaction.run(insert, ['b', null, 0, null]));
          await later;
        },
        { timeoutMs: 50 },
      );
      expect(await failure(call)).toBe('timeout');
      expect(await database.run(insert, ['c', null, 0, null])).toBe(1);
      goOn();
      await stuck;
      expect(await later).not.toBe('none');
      expect(await ids()).toEqual(['c']);
    });

    test('reports beside other calls', async () => {
      const slow = database.report<{ number: number }>(longCount, [3_000_000]);
      let written = 0;
      let isOver = false;
      void slow.then(() => {
        isOver = true;
      });
      while (!isOver && written < 20) {
        await database.run(insert, [`${written}`, null, 1, null]);
        written += 1;
      }
      expect(written).toBeGreaterThan(1);
      expect(await slow).toEqual([{ number: 3_000_000 }]);
    });

    test('ends a report at its limit', async () => {
      expect(await failure(database.report(longCount, [5_000_000], { timeoutMs: 20 }))).toBe('timeout');
      expect(await database.run(insert, ['a', null, 1, null])).toBe(1);
      expect(await database.report('SELECT id FROM parents')).toEqual([{ id: 'a' }]);
    });
  });
}

/** Counts to a number, which takes a while. */
const longCount = `WITH RECURSIVE counted (number) AS (
    SELECT CAST(1 AS BIGINT) UNION ALL SELECT number + 1 FROM counted WHERE number < ?
  ) SELECT COUNT(*) AS number FROM counted`;
