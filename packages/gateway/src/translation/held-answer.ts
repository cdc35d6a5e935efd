import { isObject, type JsonObject } from '../canonical/json.ts';
import type { Usage } from '../canonical/usage.ts';
import { withoutOrderMark } from '../framing/order-mark.ts';
import { type Attempt, compressionFault, failureOf, isSuccess, type ReplyBody } from '../relay/attempt.ts';
import type { UpstreamHead } from '../relay/reply-headers.ts';
import type { Failure } from '../resilience/failure.ts';
import type { OperationReply } from './operation-translation.ts';

/** A whole JSON answer, kept for whoever makes the caller's of it. */
export class HeldAnswer implements ReplyBody {
  readonly #maxBytes: number;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #attempt: Attempt | undefined;
  isCommitted = false;
  readonly isPaused = false;
  usage: Usage | undefined;
  readonly isFinished = true;
  outputTokens: number | undefined;
  responseModel: string | undefined;
  serviceTier: string | undefined;
  protected head: UpstreamHead | undefined;
  /** Set once the answer is whole. */
  value: JsonObject | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  accepts(status: number): boolean {
    return isSuccess(status);
  }

  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined {
    this.#attempt = attempt;
    this.head = head;
    return compressionFault(head);
  }

  data(chunk: Buffer): boolean {
    this.#attempt!.touch();
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > this.#maxBytes) {
      this.#attempt!.fail(failureOf('malformed', `the provider's answer is longer than ${this.#maxBytes} bytes`));
    }
    return true;
  }

  end(): Failure | undefined {
    let value: unknown;
    try {
      value = this.parse(withoutOrderMark(Buffer.concat(this.#held, this.#heldBytes)).toString('utf8'));
    } catch {
      return failureOf('malformed', 'the provider answered with what is not JSON');
    }
    if (!isObject(value)) return failureOf('malformed', 'the provider answered with JSON that is no object');
    this.value = value;
    return undefined;
  }

  /** The whole answer, without the bytes that it was read from. */
  get reply(): OperationReply {
    const head = this.head!;
    return { body: this.value!, header: (name) => head.get(name) };
  }

  /** Vectors and scores are doubles to begin with. */
  protected parse(text: string): unknown {
    return JSON.parse(text);
  }
}
