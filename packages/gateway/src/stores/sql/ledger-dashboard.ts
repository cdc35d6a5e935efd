import type { Database } from './database.ts';
import { floorsOf, type LedgerRetention } from './ledger-retention.ts';
import { rollupWidths } from './ledger-rollups.ts';
import { readSums, type SumColumn, type SumFilter, type SumRow } from './ledger-sums.ts';
import { divideWindow, type ReportWindow, type SumWidths, type WindowPart } from './ledger-window.ts';

/** Requests of a time, and what became of them. */
export interface DashboardSums {
  readonly requests: number;
  /** Neither completed nor left by the caller. */
  readonly errors: number;
  /** Input and output. */
  readonly tokens: number;
  /** Milliseconds that one took, at average. */
  readonly averageMs: number;
}

/** What a dashboard shows first. */
export interface Dashboard {
  /** Requests for as long as anything is kept. */
  readonly allRequests: number;
  /** The last 24 hours, together and by the hour; `at` is its beginning in milliseconds since 1970. */
  readonly day: DashboardSums;
  readonly hours: readonly (DashboardSums & { readonly at: number })[];
  /** The last seven days, those with most requests first; the empty name stands for none. */
  readonly models: readonly (DashboardSums & { readonly name: string })[];
  readonly providers: readonly (DashboardSums & { readonly name: string })[];
}

export interface DashboardInput {
  readonly database: Database;
  readonly retention: LedgerRetention;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const [minute, hour, day] = rollupWidths;
const MOST_NAMES = 20;
/** Names whose sums are read, so that those with most requests are among them whatever became of these. */
const NAMES_READ = 1_000;
const columns: readonly SumColumn[] = ['requests', 'input_tokens', 'output_tokens', 'duration_us'];

/** Sums it all up, from tables of sums wherever they fit. Throws what the database throws. */
export async function readDashboard({ database, now, retention }: DashboardInput): Promise<Dashboard> {
  const partsOf = (from: number, widths: SumWidths): readonly WindowPart[] => {
    const window: ReportWindow = { from: Math.max(0, from), to: undefined };
    return divideWindow(window, floorsOf(retention, now), widths).parts;
  };
  const week = partsOf(now - 7 * day, { narrowest: hour, widest: day });
  const hourly = partsOf(now - day, { narrowest: minute, widest: hour });
  const named = (group: 'model' | 'provider') =>
    byOutcome((filter) => readSums(database, { columns, parts: week, groups: [group], filter, limit: NAMES_READ }));
  const [[all], hours, models, providers] = await Promise.all([
    readSums(database, {
      columns: ['requests'],
      parts: partsOf(0, { narrowest: day, widest: day }),
      groups: [],
      filter: {},
      limit: 1,
    }),
    byOutcome((filter) => readSums(database, { columns, parts: hourly, groups: [], step: hour, filter, limit: 100 })),
    named('model'),
    named('provider'),
  ]);
  return {
    allRequests: Number(all?.requests ?? 0),
    day: told(foldOutcomes(hours, () => '').get('') ?? nothing),
    hours: [...foldOutcomes(hours, (row) => row.step_at ?? 0)].map(([at, counts]) => ({ at, ...told(counts) })),
    models: mostUsed(foldOutcomes(models, (row) => row.model ?? '')),
    providers: mostUsed(foldOutcomes(providers, (row) => row.provider ?? '')),
  };
}

/** The same sums three times: of all, of those that completed and of those that their callers left. */
type OutcomeRows = readonly [all: readonly SumRow[], completed: readonly SumRow[], left: readonly SumRow[]];

function byOutcome(read: (filter: SumFilter) => Promise<readonly SumRow[]>): Promise<OutcomeRows> {
  return Promise.all([read({}), read({ outcome: 'completed' }), read({ outcome: 'client_closed' })]);
}

interface Counts {
  requests: number;
  errors: number;
  tokens: number;
  durationUs: number;
}

const nothing: Counts = { requests: 0, errors: 0, tokens: 0, durationUs: 0 };

function foldOutcomes<Name>([all, ...good]: OutcomeRows, nameOf: (row: SumRow) => Name): Map<Name, Counts> {
  const groups = new Map<Name, Counts>();
  for (const row of all) {
    const counts = groups.get(nameOf(row)) ?? { ...nothing };
    counts.requests += Number(row.requests ?? 0);
    counts.errors += Number(row.requests ?? 0);
    counts.tokens += Number(row.input_tokens ?? 0) + Number(row.output_tokens ?? 0);
    counts.durationUs += Number(row.duration_us ?? 0);
    groups.set(nameOf(row), counts);
  }
  for (const row of good.flat()) {
    const counts = groups.get(nameOf(row));
    // The three are read one after the other: what came in between is in the later ones alone.
    if (counts !== undefined) counts.errors = Math.max(0, counts.errors - Number(row.requests ?? 0));
  }
  return groups;
}

function told({ durationUs, errors, requests, tokens }: Counts): DashboardSums {
  return { requests, errors, tokens, averageMs: requests === 0 ? 0 : durationUs / 1_000 / requests };
}

function mostUsed(groups: ReadonlyMap<string, Counts>): Dashboard['models'] {
  return [...groups]
    .filter(([, { requests }]) => requests > 0)
    .sort(([, left], [, right]) => right.requests - left.requests)
    .slice(0, MOST_NAMES)
    .map(([name, counts]) => ({ name, ...told(counts) }));
}
