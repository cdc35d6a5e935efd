import type { MetricFamily, MetricFamilySnapshot } from './metric-family.ts';

/** How the record and the rows that wait for it do, as one process sees it; what it leaves out another one tells. */
export interface RecordFigures {
  /** 0: it answers; 1: it does not any more; 2: it never has. */
  readonly recordState?: 0 | 1 | 2;
  /** Parts that changed and could not be read since. */
  readonly unreadParts?: number;
  /** 0: the database took all rows; 1: rows wait on disk; 2: there is no room for them, and requests are refused. */
  readonly spoolState?: 0 | 1 | 2;
  /** Of rows that wait on disk. */
  readonly spoolBytes?: number;
  /** Rows that the disk did not take. */
  readonly lostRows?: number;
  /** Rows given up to make room. */
  readonly droppedRows?: number;
}

export interface RecordMetrics {
  readonly families: readonly MetricFamily[];
  /** Where the figures are read whenever somebody asks for metrics; before, none are shown. */
  tell(read: () => RecordFigures): void;
}

export function createRecordMetrics(): RecordMetrics {
  let read: () => RecordFigures = () => nothing;
  const told = (name: string, help: string, figure: keyof RecordFigures, kind: Kind): MetricFamily => {
    const shape = { name, help, ...kinds[kind] };
    return {
      ...shape,
      async get(): Promise<MetricFamilySnapshot> {
        const value = read()[figure];
        return { ...shape, values: value === undefined ? [] : [{ labels: {}, value }] };
      },
    };
  };
  return {
    families: [
      told('gateway_record_state', 'The record: 0 answers, 1 is silent, 2 was never reached', 'recordState', 'state'),
      told('gateway_record_unread_parts', 'Parts that changed and could not be read since', 'unreadParts', 'state'),
      told('gateway_spool_state', 'Rows on disk: 0 all taken, 1 waiting, 2 no room for more', 'spoolState', 'state'),
      told('gateway_spool_bytes', 'Bytes on disk of rows that wait for the database', 'spoolBytes', 'size'),
      told('gateway_spool_lost_rows_total', 'Rows that the disk did not take', 'lostRows', 'sum'),
      told('gateway_spool_dropped_rows_total', 'Rows given up to make room for newer ones', 'droppedRows', 'sum'),
    ],
    tell(source) {
      read = source;
    },
  };
}

const nothing: RecordFigures = {};

type Kind = 'state' | 'size' | 'sum';

const kinds = {
  // Of several processes the one that fares worst.
  state: { type: 'gauge', aggregator: 'max' },
  size: { type: 'gauge', aggregator: 'sum' },
  sum: { type: 'counter', aggregator: 'sum' },
} as const;
