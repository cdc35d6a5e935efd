import type { LedgerRow } from './ledger-row.ts';
import type { SpoolCarrier, SpoolToCarry } from './spool-carrier.ts';

/** A row with what makes it one of a kind. */
export interface SpooledRow {
  /** Number of the exchange in its spool, from 1 on. */
  readonly sequence: number;
  /** Place behind the record that ended it. */
  readonly position: number;
  readonly row: LedgerRow;
  /** Rows with the same one differ in nothing but their id and their numbers; undefined where nobody looked. */
  readonly alike?: object | undefined;
  /** All that tells the row from others with the same `alike`; undefined where it takes more to say that. */
  readonly plain?: PlainNumbers | undefined;
}

/** The own part of a row that has one attempt, which used tokens of the two usual classes and no others. */
export interface PlainNumbers {
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  /** Times in microseconds. */
  readonly durationUs: number;
  /** Null when no byte went out. */
  readonly firstByteUs: number | null;
  readonly queuedUs: number;
  readonly overheadUs: number;
  readonly attemptUs: number;
  /** Nano-dollars; null when not known. */
  readonly cost: number | null;
  readonly input: number;
  readonly output: number;
}

/** Rows that could not be kept, as their spool tells. */
export interface SpooledLoss {
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly count: number;
  readonly reason: string;
}

/** What was read from a spool since the last time. */
export interface LedgerBatch {
  readonly spool: string;
  /** By rising position. */
  readonly rows: readonly SpooledRow[];
  readonly losses: readonly SpooledLoss[];
  /** The place behind what was read. */
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Where rows go to stay. A batch is taken as a whole or not at all, together with the place in its spool, so that one
 * that is handed over again, by whomever, changes nothing. All calls reject while the database is away, and may be made
 * again.
 */
export interface LedgerStore {
  /** How far a spool has been taken; 0 for one that is not known. */
  positionOf(spool: string): Promise<number>;
  /** Takes a batch; gives the number of rows that were new. */
  commit(batch: LedgerBatch): Promise<number>;
  /**
   * Who carries a spool, where the database is at home in another thread of this process: rows need not go through this one's
   * hands then. Undefined where they must.
   */
  carrierOf?(toCarry: SpoolToCarry): SpoolCarrier | undefined;
}
