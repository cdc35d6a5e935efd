import type { LedgerBatch, LedgerStore, SpooledRow } from '../../ledger/ledger-store.ts';
import type { Database, SqlDialect, SqlRunner, SqlValue } from './database.ts';
import { BatchKinds } from './ledger-kinds.ts';
import { createReportedModels, type ReportedModels } from './ledger-model-names.ts';
import { RollUp } from './ledger-rollups.ts';
import { attemptColumns, attemptValues, countRow, UsageGroups } from './ledger-rows.ts';
import { slotOf } from './ledger-slot.ts';
import { addSums } from './ledger-upsert.ts';
import { SqlError } from './sql-error.ts';

/** Milliseconds for a batch: rows, attempts, sums and the place in the spool. */
const COMMIT_MS = 10_000;

/** Rows that are put together and handed over at once: with PostgreSQL that is a millisecond of the main thread's time. */
const CHUNK_ROWS = { postgres: 512, sqlite: 4_096 } as const;
/** Numbers of spools that are remembered; a process deals with few at a time. */
const MAX_KNOWN_SPOOLS = 1_000;

/** What the ledger asks of a database. */
export type LedgerDatabase = Pick<Database, 'all' | 'dialect' | 'transaction'> & Partial<Pick<Database, 'carrierOf'>>;

/**
 * The ledger in a database. Rows, their attempts, the sums and the place in the spool are written in one transaction,
 * so that a batch that comes again, after a failure or from another process, is known by its place.
 */
export function createSqlLedgerStore(database: LedgerDatabase): LedgerStore {
  const models = createReportedModels();
  const ids = new Map<string, number>();

  async function idOf(batch: LedgerBatch): Promise<number> {
    const known = ids.get(batch.spool);
    if (known !== undefined) return known;
    const id = await register(database, batch);
    if (ids.size >= MAX_KNOWN_SPOOLS) ids.clear();
    ids.set(batch.spool, id);
    return id;
  }

  async function take(batch: LedgerBatch, mayHold: 'all' | 'some'): Promise<number> {
    const id = await idOf(batch);
    return database.transaction(
      async (transaction) => {
        const position = await lockedPosition(database, transaction, id, batch.spool);
        const fresh = batch.rows.filter((row) => row.position > position);
        const rows = mayHold === 'all' ? fresh : await withoutKnown(transaction, id, fresh);
        const rollUp = new RollUp();
        await writeRows(transaction, { spoolId: id, rows, rollUp, models, dialect: database.dialect });
        for (const sums of rollUp.sums) await addSums(transaction, sums);
        await writeLosses(transaction, id, batch);
        await transaction.run('UPDATE ledger_spools SET position = ?, updated_at = ? WHERE id = ?', [
          Math.max(batch.position, position),
          batch.now,
          id,
        ]);
        return rows.length;
      },
      { timeoutMs: COMMIT_MS },
    );
  }

  return {
    async positionOf(name) {
      const [spool] = await database.all<{ position: number }>('SELECT position FROM ledger_spools WHERE name = ?', [
        name,
      ]);
      return spool?.position ?? 0;
    },
    async commit(batch) {
      try {
        return await take(batch, 'all');
      } catch (error) {
        // A row is there although its spool's place says otherwise: the database came back from a copy, or a spool was
        // read again in part.
        if (error instanceof SqlError && error.kind === 'unique') return take(batch, 'some');
        ids.delete(batch.spool);
        throw error;
      }
    },
    carrierOf: (toCarry) => database.carrierOf?.(toCarry, { timeoutMs: COMMIT_MS }),
  };
}

/** The number of a spool, which it is given here where it has none. */
async function register(database: LedgerDatabase, { spool, now }: LedgerBatch): Promise<number> {
  return database.transaction(async (transaction) => {
    // Numbers follow one another, so whoever gives one does it alone. It happens once for each process.
    if (database.dialect === 'postgres') await transaction.run('LOCK TABLE ledger_spools IN EXCLUSIVE MODE');
    await transaction.run(
      `INSERT INTO ledger_spools (id, name, position, updated_at)
        SELECT COALESCE(MAX(id), 0) + 1, ?, 0, ? FROM ledger_spools WHERE TRUE ON CONFLICT (name) DO NOTHING`,
      [spool, now],
    );
    const [known] = await transaction.all<{ id: number }>('SELECT id FROM ledger_spools WHERE name = ?', [spool]);
    return known!.id;
  });
}

/** How far a spool has been taken; whoever takes the same one waits until this transaction is over. */
async function lockedPosition(
  { dialect }: LedgerDatabase,
  transaction: SqlRunner,
  id: number,
  name: string,
): Promise<number> {
  const lock = dialect === 'postgres' ? ' FOR UPDATE' : '';
  const [spool] = await transaction.all<{ position: number }>(
    `SELECT position FROM ledger_spools WHERE id = ? AND name = ?${lock}`,
    [id, name],
  );
  if (spool === undefined)
    throw new SqlError('unavailable', 'The tables of the ledger were made anew; the batch comes again.');
  return spool.position;
}

async function withoutKnown(
  transaction: SqlRunner,
  spoolId: number,
  rows: LedgerBatch['rows'],
): Promise<LedgerBatch['rows']> {
  if (rows.length === 0) return rows;
  const known = await transaction.all<{ sequence: number }>(
    `SELECT sequence FROM usage_rows WHERE spool_id = ? AND sequence IN (${rows.map(() => '?').join(', ')})`,
    [spoolId, ...rows.map(({ sequence }) => sequence)],
  );
  const sequences = new Set(known.map(({ sequence }) => sequence));
  return rows.filter(({ sequence }) => !sequences.has(sequence));
}

interface RowsToWrite {
  readonly spoolId: number;
  readonly rows: readonly SpooledRow[];
  readonly rollUp: RollUp;
  readonly models: ReportedModels;
}

/** Writes rows and their attempts, and adds them to the sums. Their kinds are there before them. */
async function writeRows(
  transaction: SqlRunner,
  { dialect, rows, ...others }: RowsToWrite & { readonly dialect: SqlDialect },
): Promise<void> {
  const kinds = new BatchKinds(transaction, dialect);
  const atOnce = CHUNK_ROWS[dialect];
  // All new kinds of a batch are added together, so rows that have some wait for the last of them to be known.
  const waiting: Grouped[] = [];
  for (let done = 0; done < rows.length; done += atOnce) {
    const grouped = groupRows({ ...others, rows: rows.slice(done, done + atOnce) });
    if (await kinds.find(grouped.usage.groups)) await insertRows(transaction, grouped, kinds);
    else waiting.push(grouped);
  }
  await kinds.addMissing();
  for (const grouped of waiting) await insertRows(transaction, grouped, kinds);
}

interface Grouped {
  readonly usage: UsageGroups;
  readonly attempts: readonly SqlValue[][];
}

function groupRows({ spoolId, rows, rollUp, models }: RowsToWrite): Grouped {
  const usage = new UsageGroups(spoolId);
  const attempts: SqlValue[][] = [];
  for (const row of rows) {
    if (addPlain(row, usage, rollUp)) continue;
    const counted = countRow(row, models);
    rollUp.add(counted, usage.add(counted));
    if (counted.attempts !== undefined) attempts.push(...attemptValues(spoolId, counted));
  }
  return { usage, attempts };
}

async function insertRows(transaction: SqlRunner, { attempts, usage }: Grouped, kinds: BatchKinds): Promise<void> {
  for (const insert of usage.inserts((group) => kinds.idOf(group))) await transaction.insertGroups(insert);
  await transaction.insertMany({ table: 'attempt_records', columns: attemptColumns, rows: attempts });
}

/** Adds a row by its numbers, as nearly all can be: those like one that came before it in its minute. Answers whether it did. */
function addPlain({ alike, plain, sequence }: SpooledRow, usage: UsageGroups, rollUp: RollUp): boolean {
  if (plain === undefined || alike === undefined) return false;
  const group = usage.plainGroup(alike);
  if (group === undefined) return false;
  const { durationUs, firstByteUs } = plain;
  const slots = { duration: slotOf(durationUs), firstByte: firstByteUs === null ? null : slotOf(firstByteUs) };
  if (!rollUp.addPlain(group, plain, slots)) return false;
  usage.addPlain(alike, sequence, plain, slots);
  return true;
}

async function writeLosses(transaction: SqlRunner, spoolId: number, { losses }: LedgerBatch): Promise<void> {
  await transaction.insertMany({
    table: 'ledger_losses',
    columns: ['spool_id', 'position', 'at', 'row_count', 'reason'],
    rows: losses.map(({ position, at, count, reason }) => [spoolId, position, at, count, reason]),
    onConflict: 'ignore',
  });
}
