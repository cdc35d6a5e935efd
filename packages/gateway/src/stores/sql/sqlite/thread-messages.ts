import type { CarriedState, CarryOrder, SpoolToCarry } from '../../../ledger/spool-carrier.ts';
import type { OwnValue, SqlCell, SqlValue } from '../database.ts';
import type { SqlErrorKind } from '../sql-error.ts';

/** What a thread of SQLite is started with. */
export interface ThreadSettings {
  /** The module from whose place the driver is looked up. */
  readonly requireFrom: string;
  readonly file: string;
  readonly busyTimeoutMs: number;
  /** Set on the connection in this order. */
  readonly pragmas: readonly string[];
}

/** What a thread is asked: one statement, a row after the other, several statements, or a spool of the ledger. */
export type ThreadRequest =
  | { readonly id: number; readonly do: 'run' | 'all'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | {
      readonly id: number;
      readonly do: 'insert';
      readonly sql: string;
      readonly rows: readonly (readonly SqlValue[])[];
    }
  | ({ readonly id: number; readonly do: 'groups' } & GroupsTask)
  | ({ readonly id: number; readonly do: 'carry' } & CarryTask)
  | { readonly id: number; readonly do: 'script'; readonly sql: string }
  | { readonly id: number; readonly do: 'close' };

/** Rows in groups, and how they are inserted. */
export interface GroupsTask {
  readonly statements: GroupStatements;
  /** Values of a row, the index of its group among them. */
  readonly width: number;
  readonly groups: readonly (readonly SqlValue[])[];
  readonly rows: readonly OwnValue[];
}

/** How rows are inserted in groups. */
export interface GroupStatements {
  /** Makes room for groups. */
  readonly prepare: string;
  /** Takes one: its index and what its rows have in common. */
  readonly group: string;
  /** Take so many rows, the most first and one last. */
  readonly rows: readonly { readonly count: number; readonly sql: string }[];
}

/** What is to be carried of a spool. */
export interface CarryTask {
  /** Number of who carries it; one that the thread does not know begins with the spool's beginning. */
  readonly carrier: number;
  readonly toCarry: SpoolToCarry;
  /** Segments that were given up since the last time. */
  readonly skipped: readonly number[];
  readonly order: CarryOrder;
  /** The process of the spool is gone, and it was read to its end: what had begun becomes rows. */
  readonly finishes: boolean;
}

/** What became of it. */
export interface Carried {
  readonly state: CarriedState;
  /** Nothing was left to read. */
  readonly isAtEnd: boolean;
  /** Exchanges that became rows because their process is gone. */
  readonly interrupted: number;
  readonly failure: CarryFailure | undefined;
}

/** Of the files of the spool, or of the database. */
export type CarryFailure =
  | { readonly of: 'files'; readonly code: string; readonly message: string }
  | { readonly of: 'database'; readonly kind: SqlErrorKind; readonly message: string };

/** A request without the number that the thread's owner gives it. */
export type ThreadTask = WithoutId<ThreadRequest>;

type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never;

/** What a thread answers: rows, the number of rows changed, what was carried, or the driver's error. */
export type ThreadReply =
  | { readonly id: number; readonly changes: number }
  | { readonly id: number; readonly columns: readonly string[]; readonly rows: readonly (readonly SqlCell[])[] }
  | { readonly id: number; readonly carried: Carried }
  | { readonly id: number; readonly code: string; readonly message: string };
