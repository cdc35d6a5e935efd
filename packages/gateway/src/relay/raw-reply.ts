import type { Failure } from '../resilience/failure.ts';
import type { Attempt, ReplyBody } from './attempt.ts';
import type { UpstreamHead } from './reply-headers.ts';
import type { ReplyHost, ReplySink } from './reply-sink.ts';

export interface RawReplyOptions {
  readonly sink: ReplySink;
  readonly host: ReplyHost;
}

/** A reply that the gateway does not read (audio, images, proxied paths): it flows through from its first byte. */
export class RawReply implements ReplyBody {
  readonly #options: RawReplyOptions;
  #attempt: Attempt | undefined;
  #head: UpstreamHead | undefined;
  isCommitted = false;
  isPaused = false;
  readonly usage = undefined;
  readonly responseModel = undefined;

  constructor(options: RawReplyOptions) {
    this.#options = options;
  }

  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined {
    this.#attempt = attempt;
    this.#head = head;
    return undefined;
  }

  data(chunk: Buffer): boolean {
    if (!this.isCommitted) {
      this.#commit();
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
    if (!this.isCommitted) this.#commit();
    this.#options.sink.end();
    return undefined;
  }

  /** The head waits for the first byte: an upstream that breaks between the two has not answered. */
  #commit(): void {
    const { status, headers, contentLength } = this.#head!;
    this.isCommitted = true;
    if (contentLength >= 0) headers.push('content-length', String(contentLength));
    this.#options.host.begin(headers);
    this.#options.sink.head(status, headers);
  }
}
