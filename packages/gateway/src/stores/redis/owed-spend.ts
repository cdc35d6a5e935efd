import type { SpendAmount } from '../spend-store.ts';

/** One thing that the server has to hear of, and that changes nothing when it hears of it twice. */
export type Telling = () => Promise<void>;

export interface OwedSpendInput {
  /** Tells amounts, under a name that is the same when they are told again. */
  readonly tellAmounts: (amounts: readonly SpendAmount[], name: string) => Promise<void>;
  readonly id: () => string;
  readonly now: () => number;
}

interface Batch {
  readonly name: string;
  readonly amounts: readonly SpendAmount[];
}

/** Tellings that may wait; past it the oldest is left to the record. */
const maxTellings = 10_000;
/** Counters whose amounts may wait. */
const maxAmounts = 100_000;

/**
 * What was spent while Redis did not answer, until it can be told. Amounts of one counter are added up, so that a long
 * absence takes no more room than there are counters.
 */
export class OwedSpend {
  readonly #input: OwedSpendInput;
  readonly #tellings = new Map<Telling, number>();
  #amounts = new Map<string, SpendAmount>();
  #underWay: Batch | undefined;
  #isTelling = false;

  constructor(input: OwedSpendInput) {
    this.#input = input;
  }

  /** Notes what was spent here alone. */
  owe(amounts: readonly SpendAmount[]): void {
    for (const amount of amounts) {
      if (amount.nanos === 0) continue;
      const name = JSON.stringify([amount.cap.id, amount.key, amount.cap.window, amount.start]);
      const known = this.#amounts.get(name);
      if (known === undefined && this.#amounts.size >= maxAmounts) continue;
      this.#amounts.set(name, { ...amount, nanos: amount.nanos + (known?.nanos ?? 0) });
    }
  }

  /** Notes what has to be told again before `until`, by the clock of `now`; afterwards nobody knows whether it was heard. */
  repeat(telling: Telling, until: number): void {
    if (this.#tellings.size >= maxTellings) {
      const oldest = this.#tellings.keys().next();
      if (!oldest.done) this.#tellings.delete(oldest.value);
    }
    this.#tellings.set(telling, until);
  }

  /** Tells what there is to tell, in the order of the connection: before whatever is asked next. */
  flush(): void {
    if (this.#isTelling || (this.#tellings.size === 0 && this.#amounts.size === 0 && !this.#underWay)) return;
    this.#isTelling = true;
    void this.#tell().finally(() => {
      this.#isTelling = false;
    });
  }

  async #tell(): Promise<void> {
    if (this.#underWay === undefined && this.#amounts.size > 0) {
      this.#underWay = { name: this.#input.id(), amounts: [...this.#amounts.values()] };
      this.#amounts = new Map();
    }
    const batch = this.#underWay;
    const now = this.#input.now();
    const tellings = [...this.#tellings].filter(([, until]) => until > now).slice(0, 1_000);
    for (const [telling, until] of this.#tellings) if (until <= now) this.#tellings.delete(telling);
    const heard: Promise<void>[] = tellings.map(async ([telling]) => {
      await telling();
      this.#tellings.delete(telling);
    });
    if (batch !== undefined) heard.push(this.#tellBatch(batch));
    // What fails is told again with the next request.
    await Promise.allSettled(heard);
  }

  async #tellBatch(batch: Batch): Promise<void> {
    await this.#input.tellAmounts(batch.amounts, batch.name);
    this.#underWay = undefined;
  }
}
