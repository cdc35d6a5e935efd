import type { AttemptRow, LedgerIntent, LedgerOutcome, LedgerRow, LedgerSubject } from './ledger-row.ts';
import { type Cells, cellsOf, fits, text } from './record-cells.ts';

type SubjectKind = Omit<LedgerSubject, 'requestId'>;
type UseKind = Pick<AttemptRow, 'isEstimated' | 'unknownCost' | 'priceSource' | 'serviceTier'>;
type AttemptKind = UseKind & Pick<AttemptRow, 'targetId' | 'provider' | 'model' | 'outcome' | 'status'>;

/** What rows have in common that differ in nothing but an id and numbers. It is one object for all rows of a segment. */
export interface RowKind
  extends Pick<
    LedgerRow,
    | 'outcome'
    | 'status'
    | 'failure'
    | 'provider'
    | 'targetId'
    | 'targetModel'
    | 'responseModel'
    | 'isShared'
    | 'recovered'
  > {
  readonly subject: SubjectKind;
  readonly attempts: readonly AttemptKind[];
}

/** The same of the beginnings of exchanges. */
export interface IntentKind extends UseKind, Pick<LedgerIntent, 'targetId' | 'provider' | 'targetModel'> {
  readonly subject: SubjectKind;
}

const subjectShape = 'tntoooooto';
const useShape = 'nooo';
const rowShape = `${subjectShape}tnooooonoa`;
const intentShape = `${subjectShape}tto${useShape}`;
const attemptShape = `ttotn${useShape}`;
const behindSubject = subjectShape.length;

/** Undefined where the JSON is none. */
export function decodeRowKind(json: string): RowKind | undefined {
  const cells = cellsOf(json);
  if (cells === undefined || !fits(cells, rowShape)) return undefined;
  const attempts = cells[behindSubject + 9] as readonly unknown[];
  if (!attempts.every((attempt): attempt is Cells => Array.isArray(attempt) && fits(attempt, attemptShape))) {
    return undefined;
  }
  return {
    subject: subjectKind(cells),
    outcome: cells[behindSubject] as LedgerOutcome,
    status: cells[behindSubject + 1] as number,
    failure: text(cells[behindSubject + 2]),
    provider: text(cells[behindSubject + 3]),
    targetId: text(cells[behindSubject + 4]),
    targetModel: text(cells[behindSubject + 5]),
    responseModel: text(cells[behindSubject + 6]),
    isShared: cells[behindSubject + 7] === 1,
    recovered: text(cells[behindSubject + 8]),
    attempts: attempts.map((attempt) => ({
      targetId: attempt[0] as string,
      provider: attempt[1] as string,
      model: text(attempt[2]),
      outcome: attempt[3] as string,
      status: attempt[4] as number,
      ...useKind(attempt, 5),
    })),
  };
}

/** Undefined where the JSON is none. */
export function decodeIntentKind(json: string): IntentKind | undefined {
  const cells = cellsOf(json);
  if (cells === undefined || !fits(cells, intentShape)) return undefined;
  return {
    subject: subjectKind(cells),
    targetId: cells[behindSubject] as string,
    provider: cells[behindSubject + 1] as string,
    targetModel: text(cells[behindSubject + 2]),
    ...useKind(cells, behindSubject + 3),
  };
}

function subjectKind(cells: Cells): SubjectKind {
  return {
    operation: cells[0] as string,
    isStream: cells[1] === 1,
    principal: cells[2] as string,
    organisation: text(cells[3]),
    tenant: text(cells[4]),
    team: text(cells[5]),
    keyId: text(cells[6]),
    requestedModel: text(cells[7]),
    modelLabel: cells[8] as string,
    shadowOf: text(cells[9]),
  };
}

function useKind(cells: Cells, from: number): UseKind {
  return {
    isEstimated: cells[from] === 1,
    unknownCost: text(cells[from + 1]),
    priceSource: text(cells[from + 2]),
    serviceTier: text(cells[from + 3]),
  };
}

/** With its id; written out, for it is done for every row. */
export function subjectOf(requestId: string, kind: SubjectKind): LedgerSubject {
  return {
    requestId,
    operation: kind.operation,
    isStream: kind.isStream,
    principal: kind.principal,
    organisation: kind.organisation,
    tenant: kind.tenant,
    team: kind.team,
    keyId: kind.keyId,
    requestedModel: kind.requestedModel,
    modelLabel: kind.modelLabel,
    shadowOf: kind.shadowOf,
  };
}
