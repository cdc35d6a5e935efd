import type { SseEvent } from '../framing/sse-splitter.ts';
import type { StreamDecoder } from '../protocols/protocol.ts';
import { TranslatingStreamReader } from '../protocols/protocol-stream-reader.ts';
import type { EventVerdict } from '../protocols/stream-reader.ts';
import type { Resumption } from './resumption.ts';

/**
 * Reads the stream of an attempt that goes on with an answer whose beginning the caller has. What repeats it is
 * `repeated`: nothing that the caller does not have. An attempt that says something else is `malformed`, and `isMismatch` tells why.
 * `usage` and `responseModel` are the attempt's own.
 */
export class ResumingStreamReader extends TranslatingStreamReader {
  readonly #resumption: Resumption;

  constructor(decoder: StreamDecoder, resumption: Resumption) {
    super(decoder, resumption);
    this.#resumption = resumption;
  }

  /** The attempt is no continuation of what was sent. Nothing of it went out: yet another may be one. */
  get isMismatch(): boolean {
    return this.#resumption.isMismatch;
  }

  override get isFinished(): boolean {
    return super.isFinished && this.#resumption.isMatched && !this.isMismatch;
  }

  override read(event: SseEvent): EventVerdict {
    const verdict = super.read(event);
    if (this.isMismatch) return 'malformed';
    return verdict === 'content' && !this.#resumption.hasNew ? 'repeated' : verdict;
  }
}
