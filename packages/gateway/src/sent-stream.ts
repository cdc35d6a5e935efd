import { KeptBytes } from './framing/kept-bytes.ts';
import type { StreamEncoder } from './protocols/protocol.ts';
import { RecordingEncoder } from './recovery/recording-encoder.ts';
import type { SentKeeper } from './relay/reply-sink.ts';

/** Bytes of one stream that are kept at most: some 30,000 tokens in the wordiest wire. */
const MAX_STREAM_BYTES = 8 * 1024 * 1024;

/** Some 60 tokens in the wordiest wire: most streams need a block or two. */
const FIRST_BLOCK_BYTES = 16 * 1024;

/** What all streams together may keep, so that many long ones do not fill the memory. */
export class SentMemory {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False: there is no room for so many more. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** What one attempt has sent of its stream: the bytes of a relayed one, the events of a translated one. */
export class SentStream implements SentKeeper {
  readonly #memory: SentMemory;
  #kept = new KeptBytes(FIRST_BLOCK_BYTES);
  /** Bytes of memory that it has. */
  #taken = 0;
  #isWhole = true;
  encoder: RecordingEncoder | undefined;

  constructor(memory: SentMemory) {
    this.#memory = memory;
  }

  /** Copied: a chunk is a view of memory that others have pieces of, and keeping it would keep all of that. */
  keep(bytes: Buffer): void {
    if (!this.#isWhole) return;
    const kept = this.#kept;
    if (kept.end + bytes.length > MAX_STREAM_BYTES) {
      this.release();
      return;
    }
    kept.append(bytes);
    const more = kept.allocatedBytes - this.#taken;
    if (more === 0) return;
    if (this.#memory.take(more)) this.#taken += more;
    else this.release();
  }

  record(encoder: StreamEncoder): StreamEncoder {
    this.encoder = new RecordingEncoder({ encoder });
    return this.encoder;
  }

  /** Undefined when there were too many. */
  get chunks(): readonly Buffer[] | undefined {
    return this.#isWhole ? this.#kept.pieces() : undefined;
  }

  /** Gives the memory back; nothing is kept from then on. */
  release(): void {
    this.#isWhole = false;
    this.#memory.give(this.#taken);
    this.#taken = 0;
    this.#kept = new KeptBytes(FIRST_BLOCK_BYTES);
  }
}
