import type { SqlCell, SqlValue } from '../database.ts';

/** What a thread of SQLite is started with. */
export interface ThreadSettings {
  /** The module from whose place the driver is looked up. */
  readonly requireFrom: string;
  readonly file: string;
  readonly busyTimeoutMs: number;
  /** Set on the connection in this order. */
  readonly pragmas: readonly string[];
}

/** What a thread is asked: one statement, a row after the other, or several statements. */
export type ThreadRequest =
  | { readonly id: number; readonly do: 'run' | 'all'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | {
      readonly id: number;
      readonly do: 'insert';
      readonly sql: string;
      readonly rows: readonly (readonly SqlValue[])[];
    }
  | {
      readonly id: number;
      readonly do: 'groups';
      readonly statements: GroupStatements;
      /** Values of a row, the index of its group among them. */
      readonly width: number;
      readonly groups: readonly (readonly SqlValue[])[];
      readonly rows: readonly SqlValue[];
    }
  | { readonly id: number; readonly do: 'script'; readonly sql: string }
  | { readonly id: number; readonly do: 'close' };

/** How rows are inserted in groups. */
export interface GroupStatements {
  /** Makes room for groups. */
  readonly prepare: string;
  /** Takes one: its index and what its rows have in common. */
  readonly group: string;
  /** Take so many rows, the most first and one last. */
  readonly rows: readonly { readonly count: number; readonly sql: string }[];
}

/** A request without the number that the thread's owner gives it. */
export type ThreadTask = WithoutId<ThreadRequest>;

type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never;

/** What a thread answers: rows, the number of rows changed, or the driver's error. */
export type ThreadReply =
  | { readonly id: number; readonly changes: number }
  | { readonly id: number; readonly columns: readonly string[]; readonly rows: readonly (readonly SqlCell[])[] }
  | { readonly id: number; readonly code: string; readonly message: string };
