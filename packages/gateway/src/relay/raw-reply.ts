import type { Usage } from '../canonical/usage.ts';
import type { Failure } from '../resilience/failure.ts';
import { AnswerTail } from './answer-tail.ts';
import { type Attempt, failureOf, isSuccess, type ReplyBody } from './attempt.ts';
import type { UpstreamHead } from './reply-headers.ts';
import type { ReplyHost, ReplySink } from './reply-sink.ts';

export interface RawReplyOptions {
  readonly sink: ReplySink;
  readonly host: ReplyHost;
  /** Pass on whatever the upstream says, errors and redirects too, for paths that the gateway knows nothing about. */
  readonly passesEveryStatus: boolean;
  /** An answer without a byte can be one. */
  readonly mayBeEmpty: boolean;
  /** No answer is a web page: whoever sends one is not whom the request was for. */
  readonly refusesPages: boolean;
  /** Reads what the end of the answer says of its usage; undefined: nothing is known of where that stands. */
  readonly decodeUsage?: ((value: unknown) => Usage | undefined) | undefined;
}

/** The upstream refuses the gateway's key; passed on, it would tell a caller that its own is wrong. */
const UNAUTHORIZED = 401;
const NO_CONTENT = 204;

/**
 * A reply that the gateway does not hold (audio, images, proxied paths): it flows through from its first byte. Of it no more
 * is read than what stands at its end.
 */
export class RawReply implements ReplyBody {
  readonly #options: RawReplyOptions;
  #attempt: Attempt | undefined;
  #head: UpstreamHead | undefined;
  isCommitted = false;
  isPaused = false;
  readonly #tail: AnswerTail | undefined;
  usage: Usage | undefined;
  readonly isFinished = false;
  readonly outputTokens = undefined;
  readonly responseModel = undefined;
  readonly serviceTier = undefined;

  constructor(options: RawReplyOptions) {
    this.#options = options;
    this.#tail = options.decodeUsage && new AnswerTail();
  }

  accepts(status: number): boolean {
    return this.#options.passesEveryStatus ? status !== UNAUTHORIZED : isSuccess(status);
  }

  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined {
    this.#attempt = attempt;
    this.#head = head;
    const isPage = this.#options.refusesPages && /^text\/html\b/i.test(head.contentType);
    return isPage ? failureOf('malformed', 'the provider answered with a web page') : undefined;
  }

  data(chunk: Buffer): boolean {
    this.#attempt!.touch();
    if (!this.isCommitted) {
      this.#commit();
      this.#attempt!.noteToken();
    }
    this.#tail?.keep(chunk);
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
    if (!this.isCommitted) {
      if (!this.#options.mayBeEmpty) return failureOf('malformed', 'the provider answered with an empty body');
      this.#commit();
    }
    if (this.#tail) this.usage = this.#options.decodeUsage?.(this.#tail.membersFrom('usage')?.['usage']);
    this.#options.sink.end();
    return undefined;
  }

  /** The head waits for the first byte: an upstream that breaks between the two has not answered. */
  #commit(): void {
    const { status, headers, contentLength } = this.#head!;
    this.isCommitted = true;
    // RFC 9110, 8.6, forbids it there; to a HEAD, and with a 304, it tells what a body would have.
    if (contentLength >= 0 && status !== NO_CONTENT) headers.push('content-length', String(contentLength));
    this.#options.host.begin(headers);
    this.#options.sink.head(status, headers);
  }
}
