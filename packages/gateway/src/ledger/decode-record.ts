import type { Usage } from '../canonical/usage.ts';
import {
  type AttemptRow,
  type AttemptUse,
  type LedgerIntent,
  type LedgerOutcome,
  type LedgerRow,
  type LedgerSubject,
  usageOf,
} from './ledger-row.ts';

/** One record of the spool. */
export type SpoolRecord =
  /** The rest of it is read when it is needed, which for nearly all is never; see `decodeIntent`. */
  | { readonly kind: 'begin'; readonly ticket: number; readonly json: string }
  | { readonly kind: 'row'; readonly ticket: number; readonly row: LedgerRow }
  | { readonly kind: 'lost'; readonly at: number; readonly count: number; readonly reason: string }
  | { readonly kind: 'closed' };

/** Reads what `RecordEncoder` wrote; undefined for anything else, such as a record of a newer version. */
export function decodeRecord(json: string): SpoolRecord | undefined {
  const ticket = beginTicket.exec(json)?.[1];
  if (ticket !== undefined) return { kind: 'begin', ticket: Number(ticket), json };
  const cells = cellsOf(json);
  if (cells === undefined) return undefined;
  switch (cells[0]) {
    case 'R':
      return fits(cells, rowShape) ? decodeRow(cells) : undefined;
    case 'L':
      return fits(cells, 'tnnt')
        ? { kind: 'lost', at: cells[1] as number, count: cells[2] as number, reason: cells[3] as string }
        : undefined;
    case 'C':
      return { kind: 'closed' };
    default:
      return undefined;
  }
}

/** What the beginning of an exchange begins with, before its number. */
export const beginMark = Buffer.from('["B",');

const beginTicket = /^\["B",(\d{1,15}),/;

type Cells = readonly unknown[];

/*
 * What the cells of a record are: `t` text, `o` text or nothing, `n` whole number that is not negative, `m` that or
 * nothing, `w` whole number or nothing, `a` list, `u` list or nothing. All are looked at before any is taken.
 */
const subjectShape = 'ttntoooooto';
const useShape = 'nwoou';
const rowShape = `tn${subjectShape}ntnooooononmnna`;
const intentShape = `tn${subjectShape}ntto${useShape}`;
const attemptShape = `ttotnn${useShape}`;
const ofSubject = 2;
const afterSubject = ofSubject + subjectShape.length;

function decodeRow(cells: Cells): SpoolRecord | undefined {
  const attempts: AttemptRow[] = [];
  for (const attempt of cells[afterSubject + 14] as Cells) {
    if (!Array.isArray(attempt) || !fitsUse(attempt, attemptShape)) return undefined;
    attempts.push(decodeAttempt(attempt));
  }
  const row: LedgerRow = {
    subject: decodeSubject(cells),
    endedAt: cells[afterSubject] as number,
    outcome: cells[afterSubject + 1] as LedgerOutcome,
    status: cells[afterSubject + 2] as number,
    failure: text(cells[afterSubject + 3]),
    provider: text(cells[afterSubject + 4]),
    targetId: text(cells[afterSubject + 5]),
    targetModel: text(cells[afterSubject + 6]),
    responseModel: text(cells[afterSubject + 7]),
    isShared: cells[afterSubject + 8] === 1,
    recovered: text(cells[afterSubject + 9]),
    durationMs: (cells[afterSubject + 10] as number) / 1_000,
    firstByteMs: cells[afterSubject + 11] === null ? undefined : (cells[afterSubject + 11] as number) / 1_000,
    queuedMs: (cells[afterSubject + 12] as number) / 1_000,
    overheadMs: (cells[afterSubject + 13] as number) / 1_000,
    attempts,
  };
  return { kind: 'row', ticket: cells[1] as number, row };
}

function decodeSubject(cells: Cells): LedgerSubject {
  return {
    requestId: cells[ofSubject] as string,
    operation: cells[ofSubject + 1] as string,
    isStream: cells[ofSubject + 2] === 1,
    principal: cells[ofSubject + 3] as string,
    organisation: text(cells[ofSubject + 4]),
    tenant: text(cells[ofSubject + 5]),
    team: text(cells[ofSubject + 6]),
    keyId: text(cells[ofSubject + 7]),
    requestedModel: text(cells[ofSubject + 8]),
    modelLabel: cells[ofSubject + 9] as string,
    shadowOf: text(cells[ofSubject + 10]),
  };
}

/** What the record of a beginning says; undefined where it cannot be read. */
export function decodeIntent(json: string): LedgerIntent | undefined {
  const cells = cellsOf(json);
  if (cells === undefined || !fitsUse(cells, intentShape)) return undefined;
  const use = decodeUse(cells, afterSubject + 4);
  return {
    subject: decodeSubject(cells),
    startedAt: cells[afterSubject] as number,
    targetId: cells[afterSubject + 1] as string,
    provider: cells[afterSubject + 2] as string,
    targetModel: text(cells[afterSubject + 3]),
    ...use,
  };
}

function decodeAttempt(cells: Cells): AttemptRow {
  return {
    targetId: cells[0] as string,
    provider: cells[1] as string,
    model: text(cells[2]),
    outcome: cells[3] as string,
    status: cells[4] as number,
    durationMs: (cells[5] as number) / 1_000,
    ...decodeUse(cells, 6),
  };
}

function decodeUse(cells: Cells, from: number): AttemptUse {
  const isEstimated = cells[from] === 1;
  const cost = cells[from + 1] === null ? undefined : (cells[from + 1] as number);
  const unknownCost = text(cells[from + 2]);
  const priceSource = text(cells[from + 3]);
  const counts = cells[from + 4] as Cells | null;
  const serviceTier = cells[from + 5] as string | undefined;
  if ((counts !== null && !counts.every(isCount)) || (cost !== undefined && cost < 0)) {
    const reason = unknownCost ?? 'implausible_usage';
    return { usage: undefined, isEstimated, cost: undefined, unknownCost: reason, priceSource, serviceTier };
  }
  const usage = counts === null ? undefined : decodeUsage(counts);
  return { usage, isEstimated, cost, unknownCost, priceSource, serviceTier };
}

function decodeUsage(counts: Cells): Usage {
  return counts.length === 2
    ? { input: counts[0] as number, output: counts[1] as number }
    : usageOf(counts as readonly number[]);
}

function text(cell: unknown): string | undefined {
  return cell === null ? undefined : (cell as string);
}

function cellsOf(json: string): Cells | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A use ends in its tier of service, where it has one. */
function fitsUse(cells: Cells, shape: string): boolean {
  return cells.length === shape.length ? fits(cells, shape) : fits(cells, `${shape}t`);
}

function fits(cells: Cells, shape: string): boolean {
  if (cells.length !== shape.length) return false;
  for (let index = 0; index < shape.length; index++) {
    if (!isOf(shape.charCodeAt(index), cells[index])) return false;
  }
  return true;
}

const [t, o, n, m, w, a, u] = Array.from('tonmwau', (letter) => letter.charCodeAt(0));

function isOf(kind: number, cell: unknown): boolean {
  switch (kind) {
    case t:
      return typeof cell === 'string';
    case o:
      return cell === null || typeof cell === 'string';
    case n:
      return isCount(cell);
    case m:
      return cell === null || isCount(cell);
    case w:
      return cell === null || Number.isSafeInteger(cell);
    case a:
      return Array.isArray(cell);
    case u:
      return cell === null || Array.isArray(cell);
    default:
      return false;
  }
}

function isCount(cell: unknown): boolean {
  return typeof cell === 'number' && cell >= 0 && Number.isSafeInteger(cell);
}
