/** Ends up to which views are kept; beyond, one is made each time. */
const MAX_KEPT = 4_096;

/**
 * Views of some memory that is used again and again, from one place on, by where they end. To make one takes longer than to
 * copy or to sum up a line, and lines and heads have few lengths.
 */
export class ByteViews {
  readonly bytes: Buffer;
  readonly #from: number;
  readonly #kept: (Buffer | undefined)[] = new Array(MAX_KEPT + 1).fill(undefined);

  constructor(bytes: Buffer, from = 0) {
    this.bytes = bytes;
    this.#from = from;
  }

  to(end: number): Buffer {
    if (end > MAX_KEPT) return this.bytes.subarray(this.#from, end);
    this.#kept[end] ??= this.bytes.subarray(this.#from, end);
    return this.#kept[end]!;
  }
}
