import { sampleIntent, sampleRow, sampleSubject } from './ledger-row.fixture.ts';
import type { LedgerIntent, LedgerRow } from './ledger-row.ts';
import type { Spool } from './spool.ts';

/** The beginning of an exchange, known by the id of its request. */
export function intentOf(requestId: string, startedAt = 1_700_000_000_000): LedgerIntent {
  return sampleIntent({ subject: sampleSubject({ requestId }), startedAt });
}

/** Its end. */
export function rowNamed(requestId: string): LedgerRow {
  return sampleRow({ subject: sampleSubject({ requestId }) });
}

/** Writes whole exchanges. */
export function serve(spool: Spool, ids: readonly string[]): void {
  for (const id of ids) spool.end(spool.begin(intentOf(id)), rowNamed(id));
}

/** So many ids, in their order as texts. */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`).sort();
}
