import type { Clock } from '../canonical/clock.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { SPOOL_FORMAT } from './segment-name.ts';

/** What operators are told of the ledger; the same thing at most once in a while. */
export interface LedgerNotices {
  /** The disk refused something. */
  refused(error: unknown): void;
  /** Rows could not be kept; `total` since the start. */
  lost(rows: number, total: number): void;
  /** A file that was being written is gone. */
  vanished(directory: string): void;
  /** So many lines of a segment could not be read; it is kept under this name. */
  damaged(keptAs: string, lines: number): void;
  /** A segment was written by another version of the gateway. */
  otherFormat(segment: OtherFormatSegment): void;
  /** Segments were given up because there were too many. */
  dropped(rows: number, maxBytes: number): void;
  /** The database did not take rows. */
  databaseAway(error: unknown): void;
  /** It does again. */
  databaseBack(): void;
  /** Exchanges that died with their process were written down. */
  interrupted(spool: string, rows: number): void;
}

export interface OtherFormatSegment {
  readonly file: string;
  readonly format: number;
  /** Undefined where it cannot be read. */
  readonly lines: number | undefined;
}

/** Milliseconds between two notices of the same kind. */
const PAUSE_MS = 30_000;

export function createLedgerNotices(
  log: Pick<Log, 'error' | 'warn' | 'info'>,
  clock: Pick<Clock, 'now'>,
): LedgerNotices {
  const told = new Map<string, number>();
  const isDue = (kind: string): boolean => {
    const before = told.get(kind);
    const isNews = before === undefined || clock.now() - before >= PAUSE_MS;
    if (isNews) told.set(kind, clock.now());
    return isNews;
  };
  return {
    refused(error) {
      if (!isDue('refused')) return;
      log.error('ledger', 'The record of requests cannot be written; free space, or see that its folder is writable', {
        error: textOf(error),
      });
    },
    lost(rows, total) {
      if (isDue('lost')) log.error('ledger', 'Rows of the record are lost', { rows, total });
    },
    vanished(directory) {
      log.error('ledger', 'Files of the record were deleted while they were written; leave its folder alone', {
        directory,
      });
    },
    damaged(keptAs, lines) {
      log.error(
        'ledger',
        'A file of the record was damaged: so many of its lines are not recorded, the others are. It is kept; see what happened to the disk, then delete it',
        { file: keptAs, lines },
      );
    },
    otherFormat({ file, format, lines }) {
      const age = format > SPOOL_FORMAT ? 'a newer' : 'an older';
      log.error(
        'ledger',
        `A file of the record was written by ${age} version of the gateway and is left as it is: start that version over this folder once, and it records the lines. To do without them, delete the file`,
        { file, lines, format, own_format: SPOOL_FORMAT },
      );
    },
    dropped(rows, maxBytes) {
      log.error('ledger', 'The oldest rows of the record were given up to make room; bring the database back', {
        rows,
        max_bytes: maxBytes,
      });
    },
    databaseAway(error) {
      if (!isDue('away')) return;
      log.warn('ledger', 'The database takes no rows; they are kept on disk until it does', { error: textOf(error) });
    },
    databaseBack() {
      told.delete('away');
      log.info('ledger', 'The database takes rows again');
    },
    interrupted(spool, rows) {
      log.warn('ledger', 'Exchanges of a process that died are recorded with what they were expected to cost', {
        spool,
        rows,
      });
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
