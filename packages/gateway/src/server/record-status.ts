import type { AuthConfig } from '../config/gateway-config.ts';
import type { Ledger, LedgerState } from '../ledger/ledger.ts';
import type { GatewayRecord } from '../record/gateway-record.ts';
import type { RecordFigures } from '../telemetry/record-metrics.ts';

/** How the record does, as a process sees it and as anybody may read it. */
export interface RecordStatus {
  readonly record: {
    /** `silent`: it does not answer, and what is known of it gets old. `unreached`: it never has since the start. */
    readonly status: 'ok' | 'silent' | 'unreached';
    readonly last_answer_seconds: number | null;
    /** Age of the image that stands in for a record that was never reached; absent where none does. */
    readonly image_age_seconds?: number;
  };
  /** Absent where a process writes none. */
  readonly ledger?: {
    /** `waiting`: rows wait on disk. `refusing`: there is no room for them, and requests are refused for that. */
    readonly status: 'ok' | 'waiting' | 'refusing';
    readonly spool_bytes: number;
    readonly lost_rows: number;
    readonly dropped_rows: number;
  };
}

export interface RecordParts {
  readonly record?: Pick<GatewayRecord, 'imageAgeMs' | 'isReady' | 'silentMs' | 'unread'> | undefined;
  readonly ledger?: Pick<Ledger, 'state'> | undefined;
}

/** Milliseconds without an answer after which a record that is asked every second counts as silent. */
const SILENT_MS = 5_000;

export function describeRecord({ ledger, record }: RecordParts): RecordStatus | undefined {
  if (record === undefined) return undefined;
  const { imageAgeMs, silentMs } = record;
  const status = silentMs === undefined ? 'unreached' : silentMs > SILENT_MS ? 'silent' : 'ok';
  return {
    record: {
      status,
      last_answer_seconds: silentMs === undefined ? null : Math.round(silentMs / 1_000),
      ...(imageAgeMs !== undefined && { image_age_seconds: Math.round(imageAgeMs / 1_000) }),
    },
    ...(ledger && { ledger: describeLedger(ledger.state) }),
  };
}

/** The same as numbers. Of several processes the primary brings the rows to the database, and tells how that goes. */
export function recordFigures(parts: RecordParts): RecordFigures {
  const status = describeRecord(parts);
  if (status === undefined) return {};
  const { ledger, record } = status;
  const recordState = recordStates.indexOf(record.status) as 0 | 1 | 2;
  const ofRecord = { recordState, unreadParts: parts.record?.unread.length ?? 0 };
  if (ledger === undefined) return ofRecord;
  const spoolState = spoolStates.indexOf(ledger.status) as 0 | 1 | 2;
  const own = { ...ofRecord, spoolState, lostRows: ledger.lost_rows };
  if (parts.ledger?.state.isDrain !== true) return own;
  return { ...own, spoolBytes: ledger.spool_bytes, droppedRows: ledger.dropped_rows };
}

const recordStates: readonly RecordStatus['record']['status'][] = ['ok', 'silent', 'unreached'];
const spoolStates: readonly NonNullable<RecordStatus['ledger']>['status'][] = ['ok', 'waiting', 'refusing'];

function describeLedger({ droppedRows, isDraining, isRefusing, lostRows, spoolBytes }: LedgerState) {
  return {
    status: isRefusing ? 'refusing' : isDraining ? 'ok' : 'waiting',
    spool_bytes: spoolBytes,
    lost_rows: lostRows,
    dropped_rows: droppedRows,
  } as const;
}

export function isRecordWell({ ledger, record }: RecordStatus): boolean {
  return record.status === 'ok' && (ledger === undefined || ledger.status === 'ok');
}

/** Why the record keeps requests out. */
export type RefusalOfRecord = 'no_room_for_rows' | 'record_unreached';

/**
 * Why the record keeps requests out; undefined: it does not. A database that is slow or away does not: keys are remembered
 * and rows wait on disk. What does: no room for rows where requests are refused then, and a record that was never reached
 * where nobody but it knows any key, and no image stands in for it.
 */
export function whyRefusing({ ledger, record }: RecordParts, { keys, mode }: AuthConfig): RefusalOfRecord | undefined {
  if (ledger?.state.isRefusing === true) return 'no_room_for_rows';
  if (record === undefined || record.isReady || record.imageAgeMs !== undefined) return undefined;
  return mode === 'open' || keys.length > 0 ? undefined : 'record_unreached';
}
