/**
 * Random numbers that can be drawn, looked at, and put back: who draws again gets the same ones. So a choice by chance
 * can be told before it is made. A class for its state only.
 */
export class DrawAhead {
  readonly #random: () => number;
  /** Numbers that were drawn and put back, and those drawn since the first mark. */
  #drawn: number[] = [];
  #position = 0;
  #marks = 0;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  readonly next = (): number => {
    if (this.#marks === 0 && this.#drawn.length === 0) return this.#random();
    return this.#nextKept();
  };

  /** What it returns puts back all that is drawn from now on. */
  mark(): () => void {
    const position = this.#position;
    this.#marks++;
    return () => {
      this.#position = position;
      this.#marks--;
    };
  }

  #nextKept(): number {
    if (this.#position === this.#drawn.length) this.#drawn.push(this.#random());
    const number = this.#drawn[this.#position]!;
    this.#position++;
    if (this.#marks === 0 && this.#position === this.#drawn.length) {
      this.#drawn = [];
      this.#position = 0;
    }
    return number;
  }
}
