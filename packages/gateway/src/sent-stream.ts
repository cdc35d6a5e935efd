import type { StreamEncoder } from './protocols/protocol.ts';
import { RecordingEncoder } from './recovery/recording-encoder.ts';
import type { SentKeeper } from './relay/reply-sink.ts';

/** Bytes of one stream that are kept at most: some 30,000 tokens in the wordiest wire. */
const MAX_STREAM_BYTES = 8 * 1024 * 1024;

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
  #chunks: Buffer[] = [];
  #taken = 0;
  #isWhole = true;
  encoder: RecordingEncoder | undefined;

  constructor(memory: SentMemory) {
    this.#memory = memory;
  }

  keep(bytes: Buffer): void {
    if (!this.#isWhole) return;
    if (this.#taken + bytes.length > MAX_STREAM_BYTES || !this.#memory.take(bytes.length)) {
      this.release();
      return;
    }
    this.#taken += bytes.length;
    this.#chunks.push(bytes);
  }

  record(encoder: StreamEncoder): StreamEncoder {
    this.encoder = new RecordingEncoder({ encoder });
    return this.encoder;
  }

  /** Undefined when there were too many. */
  get chunks(): readonly Buffer[] | undefined {
    return this.#isWhole ? this.#chunks : undefined;
  }

  /** Gives the memory back; nothing is kept from then on. */
  release(): void {
    this.#isWhole = false;
    this.#memory.give(this.#taken);
    this.#taken = 0;
    this.#chunks = [];
  }
}
