import { nameNumber } from '../canonical/name-number.ts';
import { MAX_TEXT } from './cell-writer.ts';
import type { AttemptRow, AttemptUse, LedgerIntent, LedgerRow, LedgerSubject } from './ledger-row.ts';

/** A kind as it was written, with the comma before it. */
export interface KnownKind<Given> {
  readonly of: Given;
  readonly cells: Uint8Array;
  /** That lines name it by. */
  readonly number: number;
  /** The last write in which it was said in full. */
  saidIn: number;
}

/** Places for kinds; where two want the same one, the later has it. */
const PLACES = 1_024;

/**
 * The encoded kinds of a while ago: one key asks for the same model again and again and is answered by the same targets, so
 * that most records differ from one of these in nothing but an id and numbers.
 */
export abstract class KnownKinds<Given extends { readonly subject: LedgerSubject }> {
  readonly #places: (KnownKind<Given> | undefined)[] = new Array(PLACES).fill(undefined);

  /** Undefined where it is not known. */
  find(given: Given): KnownKind<Given> | undefined {
    const known = this.#places[this.#placeOf(given)];
    return known !== undefined && this.isSame(known.of, given) ? known : undefined;
  }

  learn(kind: KnownKind<Given>): void {
    const { requestedModel = '', requestId } = kind.of.subject;
    // Callers choose these, and could have much remembered.
    if (requestedModel.length > MAX_TEXT || requestId.length > MAX_TEXT) return;
    this.#places[this.#placeOf(kind.of)] = kind;
  }

  #placeOf(given: Given): number {
    const { isStream, keyId, principal, requestedModel } = given.subject;
    const subject = (nameNumber(keyId ?? principal) * 31 + nameNumber(requestedModel)) * 2 + (isStream ? 1 : 0);
    return (subject * 31 + this.numberOf(given)) % PLACES;
  }

  /** Tells kinds of one subject apart, mostly. */
  protected abstract numberOf(given: Given): number;
  protected abstract isSame(one: Given, other: Given): boolean;
}

/** Kinds of exchanges that begin. */
export class KnownIntents extends KnownKinds<LedgerIntent> {
  protected override numberOf({ targetId }: LedgerIntent): number {
    return nameNumber(targetId);
  }

  protected override isSame(one: LedgerIntent, other: LedgerIntent): boolean {
    return (
      isSameSubject(one.subject, other.subject) &&
      one.targetId === other.targetId &&
      one.provider === other.provider &&
      one.targetModel === other.targetModel &&
      isSameUse(one, other)
    );
  }
}

/** Kinds of exchanges that ended. */
export class KnownRows extends KnownKinds<LedgerRow> {
  protected override numberOf({ status, targetId }: LedgerRow): number {
    return nameNumber(targetId) * 31 + (status >>> 0);
  }

  protected override isSame(one: LedgerRow, other: LedgerRow): boolean {
    return (
      isSameSubject(one.subject, other.subject) &&
      one.outcome === other.outcome &&
      one.status === other.status &&
      one.failure === other.failure &&
      one.provider === other.provider &&
      one.targetId === other.targetId &&
      one.targetModel === other.targetModel &&
      one.responseModel === other.responseModel &&
      one.isShared === other.isShared &&
      one.recovered === other.recovered &&
      areSameAttempts(one.attempts, other.attempts)
    );
  }
}

function areSameAttempts(some: readonly AttemptRow[], others: readonly AttemptRow[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) {
    if (!isSameAttempt(some[index]!, others[index]!)) return false;
  }
  return true;
}

function isSameAttempt(one: AttemptRow, other: AttemptRow): boolean {
  return (
    one.targetId === other.targetId &&
    one.provider === other.provider &&
    one.model === other.model &&
    one.outcome === other.outcome &&
    one.status === other.status &&
    isSameUse(one, other)
  );
}

function isSameUse(one: AttemptUse, other: AttemptUse): boolean {
  return (
    one.isEstimated === other.isEstimated &&
    one.unknownCost === other.unknownCost &&
    one.priceSource === other.priceSource &&
    one.serviceTier === other.serviceTier
  );
}

function isSameSubject(one: LedgerSubject, other: LedgerSubject): boolean {
  return (
    one.keyId === other.keyId &&
    one.requestedModel === other.requestedModel &&
    one.modelLabel === other.modelLabel &&
    one.operation === other.operation &&
    one.isStream === other.isStream &&
    one.principal === other.principal &&
    one.team === other.team &&
    one.tenant === other.tenant &&
    one.organisation === other.organisation &&
    one.shadowOf === other.shadowOf
  );
}
