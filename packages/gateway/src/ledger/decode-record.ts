import type { Usage } from '../canonical/usage.ts';
import { CellReader, NO_NUMBER } from './cell-reader.ts';
import { KnownKindBytes } from './known-kind-bytes.ts';
import { type AttemptRow, type AttemptUse, type LedgerIntent, type LedgerRow, usageOf } from './ledger-row.ts';
import type { PlainNumbers, SpooledRow } from './ledger-store.ts';
import { type Cells, cellsOf, fits, isCount } from './record-cells.ts';
import { decodeIntentKind, type RowKind, subjectOf } from './record-kind.ts';
import { type Line, MARK_BYTES } from './record-line.ts';
import { SaidKinds } from './said-kinds.ts';

/** One record of the spool. */
export type SpoolRecord =
  /** The rest of it is read when it is needed, which for nearly all is never; see `decodeIntent`. */
  | { readonly kind: 'begin'; readonly ticket: number; readonly json: string }
  | RowRecord
  | { readonly kind: 'lost'; readonly at: number; readonly count: number; readonly reason: string }
  | { readonly kind: 'closed' };

const [BEGIN, SHORT_BEGIN, ROW, SHORT_ROW] = Array.from('BbRr', (letter) => letter.charCodeAt(0));

/** Whether a line says that an exchange begins. */
export function isBeginning({ mark }: Line): boolean {
  return mark === BEGIN || mark === SHORT_BEGIN;
}

/** Reads what `RecordEncoder` wrote, line by line. It remembers kinds, so that one decoder is for one segment. */
export class RecordDecoder {
  readonly #kinds = new KnownKindBytes();
  readonly #rowKinds = new SaidKinds<RowKind>();
  readonly #intentKinds = new SaidKinds<string>();

  /** Undefined for anything else, such as a record of another version, or one whose kind was said in a line that is lost. */
  decode(line: Line): SpoolRecord | undefined {
    const { mark } = line;
    if (mark === ROW || mark === SHORT_ROW) return this.#row(line.cells, mark);
    if (mark === BEGIN || mark === SHORT_BEGIN) return this.#beginning(line, mark);
    const cells = cellsOf(line.json);
    if (cells?.[0] === 'C') return { kind: 'closed' };
    if (cells?.[0] !== 'L' || !fits(cells, 'tnnt')) return undefined;
    return { kind: 'lost', at: cells[1] as number, count: cells[2] as number, reason: cells[3] as string };
  }

  /** Of the beginning of an exchange whose end says all of it, only the kind is read: others may name it. */
  pass(line: Line): void {
    if (line.mark === BEGIN) this.#intentKind(line.cells);
  }

  #beginning(line: Line, mark: number): SpoolRecord | undefined {
    const { cells, number: ticket } = line;
    const kind = mark === BEGIN ? this.#intentKind(cells) : this.#intentKinds.get(cells.takeKindNumber());
    if (ticket === undefined || kind === undefined) return undefined;
    const own = cells.bytes.toString('utf8', line.start, mark === BEGIN ? cells.at - 1 : cells.kindEnd);
    return { kind: 'begin', ticket, json: `${own},${kind}]` };
  }

  /** The JSON of the kind that such a line says. */
  #intentKind(cells: CellReader): string | undefined {
    const number = cells.takeKindNumber();
    if (cells.untilKind() === undefined || !cells.isAtKind) return undefined;
    const kind = cells.bytes.toString('utf8', cells.at, cells.kindEnd);
    // The lines of format 1 have none: each says its kind in full.
    if (number !== NO_NUMBER) this.#intentKinds.set(number, kind);
    return kind;
  }

  #row(cells: CellReader, mark: number): RowRecord | undefined {
    const number = cells.takeKindNumber();
    const found = cells.plainRow(MARK_BYTES);
    const own = found === undefined ? cells.untilKind() : undefined;
    if (found === undefined && own === undefined) return undefined;
    // The number of its kind is all that follows what is a short row's own.
    if (found !== undefined && mark === SHORT_ROW && cells.at - 1 !== cells.kindEnd) return undefined;
    const kind = mark === ROW ? this.#rowKind(cells, number) : this.#rowKinds.get(number);
    if (kind === undefined) return undefined;
    if (own !== undefined) return oddRow(own, kind);
    return kind.attempts.length === 1 ? new RowRecord(found!.sequence, kind, found!.plain) : undefined;
  }

  #rowKind(cells: CellReader, number: number): RowKind | undefined {
    const kind = this.#kinds.find(cells.bytes, cells.at, cells.kindEnd);
    if (kind !== undefined && number !== NO_NUMBER) this.#rowKinds.set(number, kind);
    return kind;
  }
}

function oddRow(own: Cells, kind: RowKind): RowRecord | undefined {
  if (!fits(own, 'tntnnmnna')) return undefined;
  const numbers = own[8] as Cells;
  if (kind.attempts.length !== numbers.length) return undefined;
  const attempts = new Array<AttemptRow>(numbers.length);
  let isAlike = true;
  for (let index = 0; index < numbers.length; index++) {
    const attempt = decodeAttempt(numbers[index], kind.attempts[index]!);
    if (attempt === undefined) return undefined;
    isAlike &&= attempt.unknownCost === kind.attempts[index]!.unknownCost;
    attempts[index] = attempt;
  }
  return new RowRecord(own[1] as number, isAlike ? kind : undefined, undefined, rowOf(own, kind, attempts));
}

/** A row of the spool. A plain one is put together when somebody asks for all of it. */
export class RowRecord implements SpooledRow {
  readonly kind = 'row';
  readonly sequence: number;
  /** See `SpooledRow`; 0 until it is known. */
  position = 0;
  readonly alike: RowKind | undefined;
  readonly plain: PlainNumbers | undefined;
  #row: LedgerRow | undefined;

  /** One of `plain`, which needs its kind, and `row` is given. */
  constructor(sequence: number, alike: RowKind | undefined, plain: PlainNumbers | undefined, row?: LedgerRow) {
    this.sequence = sequence;
    this.alike = alike;
    this.plain = plain;
    this.#row = row;
  }

  get endedAt(): number {
    return this.plain?.endedAt ?? this.row.endedAt;
  }

  get row(): LedgerRow {
    this.#row ??= plainRowOf(this.plain!, this.alike!);
    return this.#row;
  }
}

/** What the record of a beginning says; undefined where it cannot be read. */
export function decodeIntent(json: string): LedgerIntent | undefined {
  const bytes = Buffer.from(json);
  const cells = new CellReader(bytes, 0, bytes.length - 1);
  const own = cells.untilKind();
  if (own === undefined || !fits(own, 'tntna')) return undefined;
  const kind = decodeIntentKind(bytes.toString('utf8', cells.at, cells.end));
  if (kind === undefined) return undefined;
  const use = decodeUse(own[4] as Cells, 0, kind);
  if (use === undefined) return undefined;
  const { targetId, provider, targetModel } = kind;
  const subject = subjectOf(own[2] as string, kind.subject);
  return { subject, startedAt: own[3] as number, targetId, provider, targetModel, ...use };
}

function plainRowOf(plain: PlainNumbers, kind: RowKind): LedgerRow {
  const { requestId, endedAt, durationUs, firstByteUs, queuedUs, overheadUs, attemptUs, cost, input, output } = plain;
  const own = [undefined, undefined, requestId, endedAt, durationUs, firstByteUs, queuedUs, overheadUs];
  const attempt = decodeAttempt([attemptUs, cost, input, output], kind.attempts[0]!);
  return rowOf(own, kind, [attempt!]);
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
