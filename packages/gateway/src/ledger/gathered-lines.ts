/** Bytes that are gathered before they are written, unless one line is longer. */
const MAX_BYTES = 64 * 1024;

/** Lines that leave in one write. */
export class GatheredLines {
  #bytes = Buffer.allocUnsafeSlow(MAX_BYTES);
  #length = 0;
  #rows = 0;

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

  /** How many rows are lost with them. */
  get rows(): number {
    return this.#rows;
  }

  hasRoom(length: number): boolean {
    return this.#length + length <= this.#bytes.length;
  }

  /** `rows`: how many are lost with the line. One for which there is no room must be the first. */
  add(line: Uint8Array, rows: number): void {
    if (!this.hasRoom(line.length)) this.#bytes = Buffer.allocUnsafeSlow(line.length);
    this.#bytes.set(line, this.#length);
    this.#length += line.length;
    this.#rows += rows;
  }

  clear(): void {
    this.#length = 0;
    this.#rows = 0;
  }

  /** All of them in memory that they share with nothing: they may be kept for long. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(copy, 0, 0, this.#length);
    return copy;
  }
}
