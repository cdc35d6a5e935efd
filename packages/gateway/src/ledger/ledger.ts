import type { Clock } from '../canonical/clock.ts';
import { Drain } from './drain.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import type { LedgerIntent, LedgerRow } from './ledger-row.ts';
import type { LedgerStore } from './ledger-store.ts';
import { Spool } from './spool.ts';
import { openSpoolFile } from './spool-file.ts';
import type { SpoolOwners } from './spool-owner.ts';

/** How the ledger keeps what it is given; every number has a bound in the configuration. */
export interface LedgerLimits {
  /** Bytes after which the next file of a spool begins. */
  readonly segmentBytes: number;
  /** Milliseconds after which it begins. */
  readonly segmentMs: number;
  /** Bytes that files may take while the database is away. */
  readonly maxBytes: number;
  /** What then: the oldest rows are given up and counted, or requests are refused with 503. */
  readonly whenFull: 'drop_oldest' | 'refuse';
  /** Milliseconds between two orders to the disk to keep what was written, for power cuts; 0 leaves it to the system. */
  readonly syncMs: number;
}

export const defaultLedgerLimits: LedgerLimits = {
  segmentBytes: 8 * 1024 * 1024,
  segmentMs: 10 * 60_000,
  maxBytes: 1024 * 1024 * 1024,
  whenFull: 'drop_oldest',
  syncMs: 0,
};

export interface LedgerSettings {
  /** Folder of the spools of all processes of one gateway. Two gateways over one database have a folder each. */
  readonly directory: string;
  readonly clock: Clock;
  readonly owners: SpoolOwners;
  /** Small letters and digits, at most 16, others each time. */
  readonly newId: () => string;
  readonly limits: LedgerLimits;
  readonly notices: LedgerNotices;
  /** Where rows go; undefined in a worker, whose primary brings them there. */
  readonly store: LedgerStore | undefined;
  /** Whether this process has exchanges of its own; a primary of workers has none. */
  readonly writes: boolean;
}

/** How the ledger does, for metrics and readiness. */
export interface LedgerState {
  /** Rows that this process could not keep. */
  readonly lostRows: number;
  /** Rows given up to make room. */
  readonly droppedRows: number;
  /** Bytes that wait for the database, and what it has already taken of the files that are still written. */
  readonly spoolBytes: number;
  /** Nothing can be written, and requests are refused for that. */
  readonly isRefusing: boolean;
  /** This process brings rows to the database: `spoolBytes`, `droppedRows` and `isDraining` are its own to tell. */
  readonly isDrain: boolean;
  /** The database took everything at the last try. */
  readonly isDraining: boolean;
}

/** The record of exchanges: exactly one row for each, whatever happens to this process or to the database. */
export interface Ledger {
  /**
   * Before the first upstream is asked; gives the number to end the exchange with. The exchange will have its row once
   * `flush` has returned, which must be before the upstream is asked. Throws `store_unavailable` where nothing can be
   * written and requests are to be refused then.
   */
  begin(intent: LedgerIntent): number;
  /** Makes sure of what it was given, whatever becomes of the process. Costs nothing where nothing is new; does not throw. */
  flush(): void;
  /** When an exchange has ended, once; `ticket` is what `begin` gave, 0 for an exchange that has asked nobody. */
  end(ticket: number, row: LedgerRow): void;
  readonly state: LedgerState;
  /** Drains what ended before; for reports, and budgets that must have everything. Never rejects. */
  drain(): Promise<void>;
  /**
   * After the last exchange. What the database does not take within so many milliseconds is taken after the next start.
   */
  stop(limitMs: number): Promise<void>;
}

/** Throws when the folder cannot be written. */
export function createLedger(settings: LedgerSettings): Ledger {
  const { clock, directory, limits, newId, notices, owners, store, writes } = settings;
  const newName = () => owners.nameOf(newId());
  const spool = writes
    ? new Spool({ directory, clock, notices, ...limits, newName, openFile: openSpoolFile, atTurnEnd: setImmediate })
    : undefined;
  const drain = store && new Drain({ directory, clock, store, owners, notices, ...limits });
  drain?.start();
  const flush = (): void => spool?.flush();
  // Who ends the process in the middle of a turn does not wait for its end.
  if (writes) process.on('exit', flush);
  const written = (): Spool => {
    if (spool === undefined) throw new Error('This process keeps no record of its own.');
    return spool;
  };
  return {
    begin: (intent) => written().begin(intent),
    flush,
    end: (ticket, row) => written().end(ticket, row),
    get state() {
      return {
        lostRows: spool?.lost ?? 0,
        droppedRows: drain?.dropped ?? 0,
        spoolBytes: drain?.pendingBytes ?? spool?.spooledBytes ?? 0,
        isRefusing: limits.whenFull === 'refuse' && (spool?.isFull ?? (drain?.pendingBytes ?? 0) >= limits.maxBytes),
        isDrain: drain !== undefined,
        isDraining: drain?.isHealthy ?? true,
      };
    },
    async drain() {
      flush();
      await drain?.whole();
    },
    async stop(limitMs) {
      process.off('exit', flush);
      spool?.close();
      await drain?.stop(limitMs);
    },
  };
}
