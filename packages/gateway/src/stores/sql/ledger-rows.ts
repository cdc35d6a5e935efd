import type { AttemptRow, AttemptUse, LedgerRow } from '../../ledger/ledger-row.ts';
import type { PlainNumbers, SpooledRow } from '../../ledger/ledger-store.ts';
import type { GroupsToInsert, OwnValue, SqlValue } from './database.ts';
import { kindColumns } from './ledger-kinds.ts';
import type { ReportedModels } from './ledger-model-names.ts';
import { slotOf } from './ledger-slot.ts';
import { type LedgerTotals, tokenColumns, tokenCounts, totalsOf } from './ledger-totals.ts';
import { type Group, groupLayout, RowGroups } from './row-groups.ts';

/** A row with what reports make of it. */
export interface CountedRow {
  readonly sequence: number;
  readonly row: LedgerRow;
  /** See `SpooledRow.alike`. */
  readonly alike: object | undefined;
  readonly totals: LedgerTotals;
  /** Names under which the answering provider and model are reported. */
  readonly provider: string;
  readonly model: string;
  /** Undefined where the row says all of its only attempt. */
  readonly attempts: readonly CountedAttempt[] | undefined;
}

export interface CountedAttempt {
  readonly attempt: AttemptRow;
  readonly model: string;
}

export function countRow({ alike, sequence, row }: SpooledRow, models: ReportedModels): CountedRow {
  const isAnswered = row.outcome === 'completed';
  return {
    sequence,
    row,
    alike,
    totals: totalsOf(row.attempts),
    provider: row.provider ?? '',
    model: models.nameOf(row.targetModel ?? row.subject.modelLabel, isAnswered),
    attempts: saysAll(row) ? undefined : row.attempts.map((attempt) => countAttempt(attempt, row, models)),
  };
}

function countAttempt(attempt: AttemptRow, row: LedgerRow, models: ReportedModels): CountedAttempt {
  return { attempt, model: models.nameOf(attempt.model ?? row.subject.modelLabel, attempt.outcome === 'ok') };
}

function saysAll({ attempts, provider, targetId, targetModel, status }: LedgerRow): boolean {
  if (attempts.length === 0) return true;
  const [only] = attempts;
  return (
    attempts.length === 1 &&
    only!.outcome === 'ok' &&
    only!.status === status &&
    only!.provider === provider &&
    only!.targetId === targetId &&
    only!.model === targetModel
  );
}

const useColumns = [
  ...tokenColumns,
  'is_estimated',
  'cost_nanos',
  'unknown_cost',
  'price_source',
  'service_tier',
] as const;

const ownColumns = [
  'sequence',
  'request_id',
  'ended_at',
  'duration_us',
  'duration_slot',
  'first_byte_us',
  'first_byte_slot',
  'queued_us',
  'overhead_us',
  'cost_nanos',
] as const;

const usageColumns: readonly string[] = [...kindColumns, ...ownColumns, ...tokenColumns, 'shadow_of'];

/** Tokens that nearly every row has; rows with no others hand over no others. */
const PLAIN_TOKENS = 2;

/** What is a row's own; all else that is said of it is its kind. */
const layouts = {
  plain: groupLayout(usageColumns, {
    sharedColumns: kindColumns,
    ownColumns: [...ownColumns, ...tokenColumns.slice(0, PLAIN_TOKENS)],
  }),
  whole: groupLayout(usageColumns, {
    sharedColumns: kindColumns,
    ownColumns: [...ownColumns, ...tokenColumns, 'shadow_of'],
  }),
};

/** Rows that are alike and say all of their only attempt. */
interface PlainKind {
  readonly group: Group;
  /** The cost of one that names none. */
  readonly noCost: 0 | null;
}

/** Slots of the times of a row. */
export interface RowSlots {
  readonly duration: number;
  readonly firstByte: number | null;
}

/** Rows for `usage_rows`, each group of them of one kind. */
export class UsageGroups {
  readonly #spoolId: number;
  readonly #plainKinds = new Map<object, PlainKind>();
  readonly #plain = new RowGroups(layouts.plain);
  readonly #whole = new RowGroups(layouts.whole);

  constructor(spoolId: number) {
    this.#spoolId = spoolId;
  }

  /** Gives the group that the row is in. */
  add(counted: CountedRow): Group {
    const { alike } = counted;
    const groups = isPlain(counted) ? this.#plain : this.#whole;
    if (alike === undefined || !groups.has(alike)) {
      const group = groups.add([...kindValues(counted), ...wholeValues(counted)], alike);
      if (alike !== undefined && groups === this.#plain && counted.attempts === undefined) {
        this.#plainKinds.set(alike, { group, noCost: counted.totals.unknownCost === undefined ? 0 : null });
      }
      return group;
    }
    return groups.addAlike(alike, groups === this.#plain ? plainValues(counted, PLAIN_TOKENS) : wholeValues(counted));
  }

  /** The group of plain rows like one that was added; undefined where none was, or where its attempts are told one by one. */
  plainGroup(alike: object): Group | undefined {
    return this.#plainKinds.get(alike)?.group;
  }

  /** Adds a row that has such a group. */
  addPlain(alike: object, sequence: number, plain: PlainNumbers, slots: RowSlots): void {
    const { requestId, endedAt, durationUs, firstByteUs, queuedUs, overheadUs, input, output } = plain;
    const { duration, firstByte } = slots;
    const cost = plain.cost ?? this.#plainKinds.get(alike)!.noCost;
    const row = this.#plain.beginAlike(alike);
    row.push(sequence, requestId, endedAt, durationUs, duration, firstByteUs, firstByte);
    row.push(queuedUs, overheadUs, cost, input, output);
  }

  /** All groups, a kind's twice where some of its rows are plain and others are not. */
  get groups(): readonly Group[] {
    return [...this.#plain.groups, ...this.#whole.groups];
  }

  /** What inserts the rows, when it is known which kind each group is of. */
  inserts(kindOf: (group: Group) => number): readonly GroupsToInsert[] {
    return [this.#plain, this.#whole].map(({ groups, layout, rows }) => ({
      table: 'usage_rows',
      sharedColumns: ['spool_id', 'kind_id'],
      ownColumns: layout.ownColumns,
      groups: groups.map((group) => [this.#spoolId, kindOf(group)]),
      rows,
    }));
  }
}

/** Most rows have few tokens to tell of, and are no copies of other requests. */
function isPlain({ row, totals: { tokens } }: CountedRow): boolean {
  if (row.subject.shadowOf !== undefined) return false;
  for (let index = PLAIN_TOKENS; index < tokens.length; index++) if (tokens[index] !== 0) return false;
  return true;
}

/** Values of `ownColumns` and of so many of the tokens. */
function plainValues({ sequence, row, totals }: CountedRow, tokens: number): OwnValue[] {
  const duration = micros(row.durationMs);
  const firstByte = row.firstByteMs === undefined ? null : micros(row.firstByteMs);
  const values: OwnValue[] = [
    sequence,
    row.subject.requestId,
    row.endedAt,
    duration,
    slotOf(duration),
    firstByte,
    firstByte === null ? null : slotOf(firstByte),
    micros(row.queuedMs),
    micros(row.overheadMs),
    totals.cost ?? null,
  ];
  for (let index = 0; index < tokens; index++) values.push(totals.tokens[index]!);
  return values;
}

/** Values of `ownColumns`, of all tokens and of what is only said of copies. */
function wholeValues(counted: CountedRow): readonly OwnValue[] {
  return [...plainValues(counted, tokenColumns.length), counted.row.subject.shadowOf ?? null];
}

/** Values of `kindColumns`. */
function kindValues({ row, totals, provider, model, attempts }: CountedRow): readonly SqlValue[] {
  const { subject } = row;
  return [
    subject.operation,
    subject.isStream,
    row.outcome,
    status(row.status),
    row.failure ?? null,
    subject.organisation ?? '',
    subject.tenant ?? '',
    subject.team ?? '',
    subject.keyId ?? '',
    subject.principal,
    subject.requestedModel ?? null,
    model,
    row.targetModel ?? null,
    row.responseModel ?? null,
    provider,
    row.targetId ?? '',
    row.attempts.length,
    attempts !== undefined,
    totals.isEstimated,
    totals.unknownCost ?? null,
    totals.priceSource ?? null,
    totals.serviceTier ?? null,
    row.isShared,
    row.recovered ?? null,
  ];
}

export const attemptColumns: readonly string[] = [
  'spool_id',
  'sequence',
  'number',
  'target_id',
  'provider',
  'model',
  'outcome',
  'status',
  'duration_us',
  ...useColumns,
];

/** Values of the attempts of a row, each in the order of `attemptColumns`. */
export function attemptValues(spoolId: number, { sequence, attempts = [] }: CountedRow): SqlValue[][] {
  return attempts.map(({ attempt, model }, index) => [
    spoolId,
    sequence,
    index + 1,
    attempt.targetId,
    attempt.provider,
    model,
    attempt.outcome,
    status(attempt.status),
    micros(attempt.durationMs),
    ...useValues({ ...attempt, tokens: tokenCounts(attempt.usage) }),
  ]);
}

interface Use extends Omit<AttemptUse, 'usage'> {
  readonly tokens: readonly number[];
}

function useValues({ tokens, isEstimated, cost, unknownCost, priceSource, serviceTier }: Use): SqlValue[] {
  return [...tokens, isEstimated, cost ?? null, unknownCost ?? null, priceSource ?? null, serviceTier ?? null];
}

export function micros(milliseconds: number): number {
  return Math.round(milliseconds * 1_000);
}

/** Within what the column holds. */
function status(code: number): number {
  return code > 999 ? 0 : code;
}
