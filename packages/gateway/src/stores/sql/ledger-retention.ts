import type { Clock } from '../../canonical/clock.ts';
import type { Database } from './database.ts';
import { rollupWidths } from './ledger-rollups.ts';
import type { LedgerFloors } from './ledger-window.ts';

/** How long the record is kept, in milliseconds. */
export interface LedgerRetention {
  /** Rows and attempts. */
  readonly rowsMs: number;
  /** Sums of minutes: for windows that begin within an hour. */
  readonly minutesMs: number;
  readonly hoursMs: number;
  readonly daysMs: number;
}

const DAY = 86_400_000;

export const defaultRetention: LedgerRetention = {
  rowsMs: 90 * DAY,
  minutesMs: 2 * DAY,
  hoursMs: 400 * DAY,
  daysMs: 3_660 * DAY,
};

/** Rows deleted in one transaction, so that batches of new rows get their turn between. */
const CHUNK = 1_000;
/** Milliseconds between two chunks. */
const PAUSE_MS = 20;

/** From when on rows and sums can be relied on: a day later than they are deleted, for deleting takes time. */
export function floorsOf(retention: LedgerRetention, now: number): LedgerFloors {
  const floor = (keptMs: number) => Math.max(0, now - keptMs + Math.min(DAY, keptMs / 10));
  return { rows: floor(retention.rowsMs), minutes: floor(retention.minutesMs), hours: floor(retention.hoursMs) };
}

export interface PruneInput {
  readonly database: Database;
  readonly clock: Pick<Clock, 'wallNow' | 'schedule'>;
  readonly retention: LedgerRetention;
  /** Stops between two chunks when it aborts. */
  readonly signal?: AbortSignal;
}

/** Deletes what is older than it is to be kept, in small steps; gives the number of rows of exchanges that went. */
export async function pruneLedger({ database, clock, retention, signal }: PruneInput): Promise<number> {
  const now = clock.wallNow();
  const inSteps = async (deleteChunk: () => Promise<number>): Promise<number> => {
    let deleted = 0;
    while (!signal?.aborted) {
      const count = await deleteChunk();
      deleted += count;
      if (count < CHUNK) break;
      await new Promise<void>((resolve) => void clock.schedule(resolve, PAUSE_MS));
    }
    return deleted;
  };
  const rows = await inSteps(() => deleteRows(database, now - retention.rowsMs));
  // Only rows that went leave a kind without any.
  if (rows > 0) {
    let behind = 0;
    await inSteps(async () => {
      const last = await deleteKinds(database, behind);
      behind = last ?? behind;
      return last === undefined ? 0 : CHUNK;
    });
  }
  const kept = [retention.minutesMs, retention.hoursMs, retention.daysMs];
  for (const [index, width] of rollupWidths.entries()) {
    const before = now - kept[index]!;
    for (const table of ['usage_rollups', 'usage_key_rollups', 'usage_latencies']) {
      await inSteps(() => deleteBuckets(database, table, width, before));
    }
  }
  return rows;
}

async function deleteRows(database: Database, before: number): Promise<number> {
  return database.transaction(async (transaction) => {
    const oldest = await transaction.all<{ spool_id: number; sequence: number }>(
      `SELECT spool_id, sequence FROM usage_rows WHERE ended_at < ? ORDER BY ended_at LIMIT ${CHUNK}`,
      [before],
    );
    for (const spool of new Set(oldest.map(({ spool_id }) => spool_id))) {
      const sequences = oldest.filter(({ spool_id }) => spool_id === spool).map(({ sequence }) => sequence);
      const which = `spool_id = ? AND sequence IN (${sequences.map(() => '?').join(', ')})`;
      const parameters = [spool, ...sequences];
      await transaction.run(`DELETE FROM attempt_records WHERE ${which}`, parameters);
      await transaction.run(`DELETE FROM usage_rows WHERE ${which}`, parameters);
    }
    return oldest.length;
  });
}

/**
 * Of the kinds behind a number, looks at so many and deletes those that no row has any more; gives the last number it
 * looked at, undefined where that was the last of all. Batches hold the kinds of their rows until those are committed
 * (see `BatchKinds`), so what can be locked here has no rows but those that the next statement sees; and who asks for
 * a kind meanwhile waits, and makes it anew. Kinds that are held are passed over: their rows come.
 */
async function deleteKinds(database: Database, behind: number): Promise<number | undefined> {
  const unused = 'NOT EXISTS (SELECT 1 FROM usage_rows WHERE kind_id = kind.id)';
  const lock = database.dialect === 'postgres' ? 'FOR UPDATE OF kind SKIP LOCKED' : '';
  return database.transaction(async (transaction) => {
    const looked = await transaction.all<{ id: number }>(
      `SELECT id FROM usage_kinds WHERE id > ? ORDER BY id LIMIT ${CHUNK}`,
      [behind],
    );
    const last = looked.at(-1)?.id;
    if (last === undefined) return undefined;
    const locked = await transaction.all<{ id: number }>(
      `SELECT id FROM usage_kinds AS kind WHERE id > ? AND id <= ? AND ${unused} ${lock}`,
      [behind, last],
    );
    if (locked.length > 0) {
      const ids = locked.map(({ id }) => id);
      await transaction.run(
        `DELETE FROM usage_kinds AS kind WHERE id IN (${ids.map(() => '?').join(', ')}) AND ${unused}`,
        ids,
      );
    }
    return looked.length < CHUNK ? undefined : last;
  });
}

/** Whole buckets at once: few rows share one, and which of them go first cannot be told. */
async function deleteBuckets(database: Database, table: string, width: number, before: number): Promise<number> {
  const [oldest] = await database.all<{ bucket: number | null }>(
    `SELECT MIN(bucket) AS bucket FROM ${table} WHERE width = ?`,
    [width],
  );
  const bucket = oldest?.bucket;
  if (bucket === undefined || bucket === null || bucket + width > before) return 0;
  await database.run(`DELETE FROM ${table} WHERE width = ? AND bucket = ?`, [width, bucket]);
  return CHUNK;
}
