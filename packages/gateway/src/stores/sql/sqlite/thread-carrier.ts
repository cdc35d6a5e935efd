import {
  type CarriedState,
  type CarryOrder,
  type SpoolCarrier,
  SpoolFailure,
  type SpoolToCarry,
} from '../../../ledger/spool-carrier.ts';
import { SqlError } from '../sql-error.ts';
import type { Carried, CarryTask } from './thread-messages.ts';

/**
 * Has the thread do what `makeTask` says, again where the database asks for that, and gives what `take` makes of the answer,
 * which throws where that tells of a failure. Rejects with a `SqlError` where no answer comes.
 */
export type AskToCarry = <Result>(makeTask: () => CarryTask, take: (carried: Carried) => Result) => Promise<Result>;

/** The last number that was given to one; no two have the same. */
let lastNumber = 0;

/** Nothing has been read. */
const unread = { isClosed: false, segment: 0, offset: 0, openIn: [], damaged: [] } as const;

/** Has a spool carried by the thread that has the file open, and knows how far that has come. */
export class ThreadCarrier implements SpoolCarrier {
  readonly #ask: AskToCarry;
  readonly #toCarry: SpoolToCarry;
  #state: CarriedState;
  #skipped: number[] = [];
  /** What the thread knows it by. With a new one, the thread begins anew. */
  #number = nextNumber();

  constructor(toCarry: SpoolToCarry, ask: AskToCarry) {
    this.#ask = ask;
    this.#toCarry = toCarry;
    this.#state = { taken: toCarry.taken, ...unread };
  }

  get state(): CarriedState {
    return this.#state;
  }

  async carry(order: CarryOrder): Promise<boolean> {
    return (await this.#order(order, false)).isAtEnd;
  }

  async finish(now: number): Promise<number> {
    return (await this.#order({ segments: [], losses: [], now }, true)).interrupted;
  }

  skip(segment: number): void {
    this.#skipped.push(segment);
  }

  async #order(order: CarryOrder, finishes: boolean): Promise<Carried> {
    const number = this.#number;
    let isAnswered = false;
    const makeTask = (): CarryTask => {
      isAnswered = false;
      const toCarry = { ...this.#toCarry, taken: this.#state.taken };
      return { carrier: number, toCarry, skipped: this.#skipped, order, finishes };
    };
    const take = (carried: Carried): Carried => {
      isAnswered = true;
      // One that comes too late tells of a carrier that was given up.
      if (number === this.#number) this.#learn(carried);
      return succeeded(carried);
    };
    try {
      return await this.#ask(makeTask, take);
    } catch (error) {
      if (!isAnswered) this.#beginAnew();
      throw error;
    }
  }

  #learn({ state }: Carried): void {
    this.#state = state;
    this.#skipped = [];
  }

  /** What the thread has read may be lost, or be in the database by now. */
  #beginAnew(): void {
    this.#number = nextNumber();
    this.#skipped = [];
    this.#state = { taken: this.#state.taken, ...unread };
  }
}

function nextNumber(): number {
  lastNumber += 1;
  return lastNumber;
}

function succeeded(carried: Carried): Carried {
  const { failure } = carried;
  if (failure === undefined) return carried;
  if (failure.of === 'database') throw new SqlError(failure.kind, failure.message);
  throw new SpoolFailure(Object.assign(new Error(failure.message), { code: failure.code }));
}
