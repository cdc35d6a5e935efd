/** A run of kept bytes: those between `start` and `end` of the whole. */
interface Block {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
}

const SMALLEST_BLOCK = 4 * 1024;
const LARGEST_BLOCK = 64 * 1024;

/**
 * Bytes that somebody still wants, by their place in the whole. They are copied into blocks of their own: a chunk of a
 * stream is a view of a much larger read, and keeping it would keep all of that.
 */
export class KeptBytes {
  readonly #blocks: Block[] = [];
  readonly #firstBlockBytes: number;
  #end = 0;
  #allocatedBytes = 0;

  /** `firstBlockBytes`: as much as most come to, so that few blocks are made. */
  constructor(firstBlockBytes = SMALLEST_BLOCK) {
    this.#firstBlockBytes = firstBlockBytes;
  }

  /** Place behind the last byte, whether or not it is kept. */
  get end(): number {
    return this.#end;
  }

  /** Memory that the blocks take. */
  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  /** All that is kept, in order. */
  pieces(): readonly Buffer[] {
    return this.#blocks.map(({ bytes, start, end }) => bytes.subarray(0, end - start));
  }

  append(bytes: Buffer): void {
    let taken = 0;
    while (taken < bytes.length) {
      const block = this.#blockWithRoom(bytes.length - taken);
      const copied = bytes.copy(block.bytes, block.end - block.start, taken);
      block.end += copied;
      this.#end += copied;
      taken += copied;
    }
  }

  /** Counts bytes that nobody wants to have kept. Nothing from before them may be wanted either. */
  skip(length: number): void {
    this.#blocks.length = 0;
    this.#allocatedBytes = 0;
    this.#end += length;
  }

  /** Bytes from a place on, as many as lie together; empty at the end. */
  from(place: number): Buffer {
    for (const { bytes, start, end } of this.#blocks) {
      if (place >= start && place < end) return bytes.subarray(place - start, end - start);
    }
    return nothing;
  }

  /** Forgets what lies before a place, as far as whole blocks do. */
  dropBefore(place: number): void {
    let dropped = 0;
    while (dropped < this.#blocks.length && this.#blocks[dropped]!.end <= place) {
      this.#allocatedBytes -= this.#blocks[dropped]!.bytes.length;
      dropped++;
    }
    if (dropped > 0) this.#blocks.splice(0, dropped);
  }

  #blockWithRoom(wanted: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.end - last.start < last.bytes.length) return last;
    // Growing blocks: short answers take little, long ones few blocks.
    const usual = last === undefined ? this.#firstBlockBytes : Math.min(LARGEST_BLOCK, 2 * last.bytes.length);
    const bytes = Buffer.allocUnsafeSlow(Math.min(LARGEST_BLOCK, Math.max(usual, wanted)));
    const block = { bytes, start: this.#end, end: this.#end };
    this.#blocks.push(block);
    this.#allocatedBytes += bytes.length;
    return block;
  }
}

const nothing = Buffer.alloc(0);
