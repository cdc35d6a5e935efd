import { MAX_TEXT } from './cell-writer.ts';
import type { LedgerSubject } from './ledger-row.ts';

interface KnownSubject {
  readonly subject: LedgerSubject;
  readonly cells: Uint8Array;
}

/** Places for subjects; where two want the same one, the later has it. */
const PLACES = 1_024;

/**
 * The encoded subjects of a while ago. One key asks for the same model again and again, and each exchange is written down
 * twice, so that most subjects differ from one of these in nothing but the id of the request.
 */
export class KnownSubjects {
  readonly #places: (KnownSubject | undefined)[] = new Array(PLACES).fill(undefined);

  /** The cells behind the id. */
  find(subject: LedgerSubject): Uint8Array | undefined {
    const known = this.#places[placeOf(subject)];
    return known !== undefined && isSame(known.subject, subject) ? known.cells : undefined;
  }

  learn(subject: LedgerSubject, cells: Uint8Array): void {
    const { requestedModel = '', requestId } = subject;
    // Callers choose these, and could have much remembered.
    if (requestedModel.length > MAX_TEXT || requestId.length > MAX_TEXT) return;
    this.#places[placeOf(subject)] = { subject, cells };
  }
}

function placeOf({ isStream, keyId, principal, requestedModel }: LedgerSubject): number {
  const number = ending(keyId ?? principal) * 31 + ending(requestedModel ?? '');
  return (number * 2 + (isStream ? 1 : 0)) % PLACES;
}

/** Names are often told apart by their ends. */
function ending(text: string): number {
  const { length } = text;
  if (length < 2) return length;
  return text.charCodeAt(length - 1) * 31 + text.charCodeAt(length - 2) + length;
}

function isSame(one: LedgerSubject, other: LedgerSubject): boolean {
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
