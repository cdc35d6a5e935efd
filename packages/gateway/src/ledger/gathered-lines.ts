/** Bytes that are gathered before they are written, unless one line is longer. */
const MAX_BYTES = 64 * 1024;

/** Lines that leave in one write. */
export class GatheredLines {
  #bytes = Buffer.allocUnsafeSlow(MAX_BYTES);
  #length = 0;
  #ends: number[] = [];
  #rows: number[] = [];

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Valid until the next is added. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  hasRoom(length: number): boolean {
    return this.#length + length <= this.#bytes.length;
  }

  /** `rows`: how many are lost with the line. One for which there is no room must be the first. */
  add(line: Uint8Array, rows: number): void {
    if (!this.hasRoom(line.length)) this.#bytes = Buffer.allocUnsafeSlow(line.length);
    this.#bytes.set(line, this.#length);
    this.#length += line.length;
    this.#ends.push(this.#length);
    this.#rows.push(rows);
  }

  clear(): void {
    this.#length = 0;
    this.#ends.length = 0;
    this.#rows.length = 0;
  }

  /** Hands over copies, line by line, which share nothing with others: they may be kept for long. */
  each(take: (line: Buffer, rows: number) => void): void {
    const copy = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(copy, 0, 0, this.#length);
    let start = 0;
    for (const [index, end] of this.#ends.entries()) {
      take(copy.subarray(start, end), this.#rows[index]!);
      start = end;
    }
  }
}
