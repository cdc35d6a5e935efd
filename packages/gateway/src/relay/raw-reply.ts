import type { Failure } from '../resilience/failure.ts';
import type { Attempt, ReplyBody } from './attempt.ts';
import type { UpstreamHead } from './reply-headers.ts';
import type { ReplySink } from './reply-sink.ts';

export interface RawReplyOptions {
  readonly sink: ReplySink;
  readonly ownHeaders: () => readonly string[];
}

/** A reply that the gateway does not read (audio, images, proxied paths): it flows through from its first byte. */
export class RawReply implements ReplyBody {
  readonly #options: RawReplyOptions;
  #attempt: Attempt | undefined;
  isCommitted = false;
  isPaused = false;
  readonly usage = undefined;
  readonly responseModel = undefined;

  constructor(options: RawReplyOptions) {
    this.#options = options;
  }

  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined {
    this.#attempt = attempt;
    if (head.contentLength >= 0) head.headers.push('content-length', String(head.contentLength));
    head.headers.push(...this.#options.ownHeaders());
    this.#options.sink.head(head.status, head.headers);
    return undefined;
  }

  data(chunk: Buffer): boolean {
    if (!this.isCommitted) {
      this.isCommitted = true;
      this.#attempt!.noteToken();
    }
    const { sink } = this.#options;
    if (sink.write(chunk)) return true;
    this.isPaused = true;
    sink.onDrain(() => {
      this.isPaused = false;
      this.#attempt!.resume();
    });
    return false;
  }

  end(): Failure | undefined {
    this.isCommitted = true;
    this.#options.sink.end();
    return undefined;
  }
}
