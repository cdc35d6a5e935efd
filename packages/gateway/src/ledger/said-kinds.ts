/** Kinds of one generation; a write has far fewer. */
const MAX_KINDS = 1_000;

/** Kinds by the numbers that lines name them by: those that were said last, for a line names none but those of its write. */
export class SaidKinds<Kind> {
  #latest = new Map<number, Kind>();
  #former: ReadonlyMap<number, Kind> = new Map();

  get(number: number): Kind | undefined {
    return this.#latest.get(number) ?? this.#former.get(number);
  }

  set(number: number, kind: Kind): void {
    if (this.#latest.size >= MAX_KINDS) {
      this.#former = this.#latest;
      this.#latest = new Map();
    }
    this.#latest.set(number, kind);
  }
}
