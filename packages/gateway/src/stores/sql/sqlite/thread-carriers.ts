import type { LedgerStore } from '../../../ledger/ledger-store.ts';
import { OwnCarrier, SpoolFailure } from '../../../ledger/spool-carrier.ts';
import { SqlError } from '../sql-error.ts';
import { faultOf } from './thread-kit.ts';
import type { Carried, CarryFailure, CarryTask } from './thread-messages.ts';

/** Carriers that are remembered. One is forgotten when it has finished; others were given up by who asked for them. */
const MAX_CARRIERS = 1_000;

/** Carries spools in the thread that has the file open. */
export class ThreadCarriers {
  readonly #store: Pick<LedgerStore, 'commit'>;
  /** By their numbers, the one asked for least recently first. */
  readonly #carriers = new Map<number, OwnCarrier>();

  constructor(store: Pick<LedgerStore, 'commit'>) {
    this.#store = store;
  }

  /** Never rejects: how far it has come is told in any case. */
  async carry(task: CarryTask): Promise<Carried> {
    const known = this.#carriers.get(task.carrier);
    const carrier = known ?? new OwnCarrier(task.toCarry, this.#store);
    this.#carriers.delete(task.carrier);
    let isAtEnd = false;
    let interrupted = 0;
    let failure: CarryFailure | undefined;
    try {
      for (const segment of task.skipped) carrier.skip(segment);
      // What had begun is known to who has read the spool only.
      if (task.finishes && known === undefined) throw new SqlError('unavailable', 'What was read of a spool is lost.');
      if (task.finishes) interrupted = await carrier.finish(task.order.now);
      else isAtEnd = await carrier.carry(task.order);
    } catch (error) {
      failure = failureOf(error);
    }
    if (!task.finishes || failure !== undefined) this.#keep(task.carrier, carrier);
    return { state: carrier.state, isAtEnd, interrupted, failure };
  }

  #keep(number: number, carrier: OwnCarrier): void {
    this.#carriers.set(number, carrier);
    if (this.#carriers.size > MAX_CARRIERS) this.#carriers.delete(this.#carriers.keys().next().value!);
  }
}

function failureOf(error: unknown): CarryFailure {
  if (error instanceof SpoolFailure) return { of: 'files', ...faultOf(error.cause) };
  const kind = error instanceof SqlError ? error.kind : 'invalid';
  return { of: 'database', kind, message: faultOf(error).message };
}
