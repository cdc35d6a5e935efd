import { tokensOfBytes } from '../canonical/estimate-tokens.ts';
import type { Operation } from '../canonical/operation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { Usage } from '../canonical/usage.ts';
import { withoutOrderMark } from '../framing/order-mark.ts';
import type { Failure } from '../resilience/failure.ts';
import { AnswerTail } from './answer-tail.ts';
import { type Attempt, compressionFault, failureOf, isSuccess, type ReplyBody } from './attempt.ts';
import { readTail, readUnary } from './read-unary.ts';
import type { UpstreamHead } from './reply-headers.ts';
import type { ReplyHost, ReplySink } from './reply-sink.ts';

export interface UnaryReplyOptions {
  readonly sink: ReplySink;
  readonly host: ReplyHost;
  /** Says what a whole answer must have. */
  readonly operation: Operation;
  readonly protocol: ProtocolName;
  /** Answers up to this many bytes are held until they are whole; of longer ones, which flow, the end is read. */
  readonly maxHeldBytes: number;
}

/** A JSON answer: held until it is whole and read, so that a broken one can still be tried elsewhere. */
export class UnaryReply implements ReplyBody {
  readonly #options: UnaryReplyOptions;
  #head: UpstreamHead | undefined;
  #attempt: Attempt | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Of what flows, white space left out. */
  #lastByte = 0;
  /** Of what flows. */
  #tail: AnswerTail | undefined;
  #passedBytes = 0;
  #outputTokens: number | undefined;
  isCommitted = false;
  isPaused = false;
  usage: Usage | undefined;
  readonly isFinished = true;
  responseModel: string | undefined;
  serviceTier: string | undefined;

  constructor(options: UnaryReplyOptions) {
    this.#options = options;
  }

  /** Should what flows break off, whoever read it pays for more than what is usual. */
  get outputTokens(): number | undefined {
    return this.#tail === undefined ? this.#outputTokens : tokensOfBytes(this.#passedBytes);
  }

  accepts(status: number): boolean {
    return isSuccess(status);
  }

  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined {
    this.#head = head;
    this.#attempt = attempt;
    return compressionFault(head);
  }

  data(chunk: Buffer): boolean {
    this.#attempt!.touch();
    if (this.#tail !== undefined) return this.#pass(chunk, this.#tail);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    return this.#heldBytes <= this.#options.maxHeldBytes || this.#overflow();
  }

  end(): Failure | undefined {
    const { operation, protocol, sink } = this.#options;
    if (this.#tail !== undefined) {
      // It was not read, but JSON that ends anywhere else is half of it.
      if (!isClosing(this.#lastByte)) return failureOf('truncated', 'the provider ended its answer in the middle');
      const reading = readTail(this.#tail, operation, protocol);
      this.usage = reading.usage;
      this.serviceTier = reading.serviceTier;
      sink.end();
      return undefined;
    }
    const bytes = withoutOrderMark(
      this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held, this.#heldBytes),
    );
    const reading = readUnary(bytes, operation, protocol);
    this.usage = reading.usage;
    if (reading.failure) return reading.failure;
    this.#outputTokens = reading.outputTokens;
    this.responseModel = reading.responseModel;
    this.serviceTier = reading.serviceTier;
    this.isCommitted = true;
    const head = this.#head!;
    head.headers.push('content-length', String(bytes.length));
    this.#options.host.begin(head.headers);
    sink.head(head.status, head.headers);
    sink.end(bytes);
    return undefined;
  }

  /** Too long to hold: from here on it flows. */
  #overflow(): boolean {
    const head = this.#head!;
    const held = Buffer.concat(this.#held, this.#heldBytes);
    const bytes = withoutOrderMark(held);
    if (head.contentLength >= 0) {
      head.headers.push('content-length', String(head.contentLength - held.length + bytes.length));
    }
    this.#options.host.begin(head.headers);
    this.#options.sink.head(head.status, head.headers);
    this.isCommitted = true;
    this.#attempt!.noteToken();
    this.#held = [];
    this.#tail = new AnswerTail();
    return this.#pass(bytes, this.#tail);
  }

  #pass(bytes: Buffer, tail: AnswerTail): boolean {
    this.#lastByte = lastByte(bytes) ?? this.#lastByte;
    tail.keep(bytes);
    this.#passedBytes += bytes.length;
    const { sink } = this.#options;
    if (sink.write(bytes)) return true;
    this.isPaused = true;
    sink.onDrain(() => {
      this.isPaused = false;
      this.#attempt!.resume();
    });
    return false;
  }
}

function lastByte(bytes: Buffer): number | undefined {
  let index = bytes.length - 1;
  while (index >= 0 && bytes[index]! <= 32) index--;
  return bytes[index];
}

/** The end of an object or a list. */
function isClosing(byte: number): boolean {
  return byte === 125 || byte === 93;
}
