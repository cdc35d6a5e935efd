import type { Usage } from '../canonical/usage.ts';
import { type AttemptRow, type AttemptUse, type LedgerIntent, type LedgerRow, usageOf } from './ledger-row.ts';
import { type Cells, cellsOf, fits, isCount } from './record-cells.ts';
import { decodeIntentKind, decodeRowKind, type RowKind, subjectOf } from './record-kind.ts';

/** One record of the spool. */
export type SpoolRecord =
  /** The rest of it is read when it is needed, which for nearly all is never; see `decodeIntent`. */
  | { readonly kind: 'begin'; readonly ticket: number; readonly json: string }
  | {
      readonly kind: 'row';
      readonly ticket: number;
      readonly row: LedgerRow;
      /** See `SpooledRow.alike`. */
      readonly alike: RowKind | undefined;
    }
  | { readonly kind: 'lost'; readonly at: number; readonly count: number; readonly reason: string }
  | { readonly kind: 'closed' };

/** What the beginning of an exchange begins with, before its number. */
export const beginMark = Buffer.from('["B",');

const beginTicket = /^\["B",(\d{1,15}),/;
const rowMark = '["R",';
/** Where the kind begins: within a text, the quotation mark would be escaped. */
const kindMark = ',["';

/** Kinds that are remembered; a segment has few. */
const MAX_KINDS = 1_000;

/** Reads what `RecordEncoder` wrote. It remembers the kinds of rows, so that one decoder is for one segment. */
export class RecordDecoder {
  #kinds = new Map<string, RowKind>();

  /** Undefined for anything else, such as a record of another version. */
  decode(json: string): SpoolRecord | undefined {
    if (json.startsWith(rowMark)) return this.#row(json);
    const ticket = beginTicket.exec(json)?.[1];
    if (ticket !== undefined) return { kind: 'begin', ticket: Number(ticket), json };
    const cells = cellsOf(json);
    if (cells?.[0] === 'C') return { kind: 'closed' };
    if (cells?.[0] !== 'L' || !fits(cells, 'tnnt')) return undefined;
    return { kind: 'lost', at: cells[1] as number, count: cells[2] as number, reason: cells[3] as string };
  }

  #row(json: string): SpoolRecord | undefined {
    const parts = ownAndKind(json);
    if (parts === undefined || !fits(parts.own, 'tntnnmnna')) return undefined;
    const kind = this.#kindOf(parts.kind);
    const numbers = parts.own[8] as Cells;
    if (kind === undefined || kind.attempts.length !== numbers.length) return undefined;
    const attempts: AttemptRow[] = [];
    let isAlike = true;
    for (let index = 0; index < numbers.length; index++) {
      const attempt = decodeAttempt(numbers[index], kind.attempts[index]!);
      if (attempt === undefined) return undefined;
      isAlike &&= attempt.unknownCost === kind.attempts[index]!.unknownCost;
      attempts.push(attempt);
    }
    const row = rowOf(parts.own, kind, attempts);
    return { kind: 'row', ticket: parts.own[1] as number, row, alike: isAlike ? kind : undefined };
  }

  #kindOf(json: string): RowKind | undefined {
    const known = this.#kinds.get(json);
    if (known !== undefined) return known;
    const kind = decodeRowKind(json);
    if (kind === undefined) return undefined;
    if (this.#kinds.size >= MAX_KINDS) this.#kinds = new Map();
    this.#kinds.set(json, kind);
    return kind;
  }
}

/** What the record of a beginning says; undefined where it cannot be read. */
export function decodeIntent(json: string): LedgerIntent | undefined {
  const parts = ownAndKind(json);
  if (parts === undefined || !fits(parts.own, 'tntna')) return undefined;
  const kind = decodeIntentKind(parts.kind);
  if (kind === undefined) return undefined;
  const use = decodeUse(parts.own[4] as Cells, 0, kind);
  if (use === undefined) return undefined;
  const { targetId, provider, targetModel } = kind;
  const subject = subjectOf(parts.own[2] as string, kind.subject);
  return { subject, startedAt: parts.own[3] as number, targetId, provider, targetModel, ...use };
}

/** The cells that a record has for itself, and the JSON of its kind. */
function ownAndKind(json: string): { readonly own: Cells; readonly kind: string } | undefined {
  const at = json.indexOf(kindMark);
  if (at === -1) return undefined;
  const own = cellsOf(`${json.slice(0, at)}]`);
  return own && { own, kind: json.slice(at + 1, -1) };
}

function rowOf(own: Cells, kind: RowKind, attempts: readonly AttemptRow[]): LedgerRow {
  return {
    subject: subjectOf(own[2] as string, kind.subject),
    endedAt: own[3] as number,
    outcome: kind.outcome,
    status: kind.status,
    failure: kind.failure,
    provider: kind.provider,
    targetId: kind.targetId,
    targetModel: kind.targetModel,
    responseModel: kind.responseModel,
    isShared: kind.isShared,
    recovered: kind.recovered,
    durationMs: (own[4] as number) / 1_000,
    firstByteMs: own[5] === null ? undefined : (own[5] as number) / 1_000,
    queuedMs: (own[6] as number) / 1_000,
    overheadMs: (own[7] as number) / 1_000,
    attempts,
  };
}

function decodeAttempt(numbers: unknown, kind: RowKind['attempts'][number]): AttemptRow | undefined {
  if (!Array.isArray(numbers) || !isCount(numbers[0])) return undefined;
  const use = decodeUse(numbers, 1, kind);
  if (use === undefined) return undefined;
  return {
    targetId: kind.targetId,
    provider: kind.provider,
    model: kind.model,
    outcome: kind.outcome,
    status: kind.status,
    durationMs: numbers[0] / 1_000,
    usage: use.usage,
    isEstimated: use.isEstimated,
    cost: use.cost,
    unknownCost: use.unknownCost,
    priceSource: use.priceSource,
    serviceTier: use.serviceTier,
  };
}

type UseKind = Pick<AttemptUse, 'isEstimated' | 'unknownCost' | 'priceSource' | 'serviceTier'>;

/** Of the cost and the tokens that stand from there on. Undefined where there is no cost, not even one that is not known. */
function decodeUse(numbers: Cells, from: number, kind: UseKind): AttemptUse | undefined {
  const { isEstimated, priceSource, serviceTier, unknownCost } = kind;
  const cost = numbers[from];
  if (cost !== null && !Number.isSafeInteger(cost)) return undefined;
  for (let index = from; index < numbers.length; index++) {
    if (isCount(numbers[index]) || (index === from && cost === null)) continue;
    const reason = unknownCost ?? 'implausible_usage';
    return { usage: undefined, isEstimated, cost: undefined, unknownCost: reason, priceSource, serviceTier };
  }
  const usage = numbers.length === from + 1 ? undefined : decodeUsage(numbers, from + 1);
  return { usage, isEstimated, cost: (cost as number | null) ?? undefined, unknownCost, priceSource, serviceTier };
}

function decodeUsage(numbers: Cells, from: number): Usage {
  return numbers.length === from + 2
    ? { input: numbers[from] as number, output: numbers[from + 1] as number }
    : usageOf(numbers.slice(from) as readonly number[]);
}
