import type { Database } from '../../src/stores/sql/database.ts';

/** What the ledger has of an exchange. */
export interface Recorded {
  readonly request_id: string;
  readonly outcome: string;
  readonly status: number;
  readonly attempts: number;
  /** Attempts that are told one by one; null where the row tells of all. */
  readonly told: number | null;
}

/** All rows, in no order. */
export function readRecorded(database: Database): Promise<readonly Recorded[]> {
  return database.all<Recorded>(
    `SELECT request_id, outcome, status, attempts,
       CASE WHEN has_attempt_records = 1 THEN (
         SELECT COUNT(*) FROM attempt_records AS inner_rows
         WHERE inner_rows.spool_id = usage_records.spool_id AND inner_rows.sequence = usage_records.sequence
       ) END AS told
     FROM usage_records`,
  );
}
