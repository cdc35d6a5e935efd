import type { Usage } from '../canonical/usage.ts';
import { createFrameSplitter, type FrameSplitter, isFramingError } from '../framing/frame-splitter.ts';
import type { SseEvent } from '../framing/sse-splitter.ts';
import type { EventVerdict, StreamReader } from '../protocols/stream-reader.ts';
import { classifyBody } from '../resilience/classify.ts';
import type { Failure } from '../resilience/failure.ts';
import { type Attempt, compressionFault, failureOf, isSuccess, type ReplyBody } from './attempt.ts';
import type { UpstreamHead } from './reply-headers.ts';
import type { ReplyHost, ReplySink, SentKeeper } from './reply-sink.ts';
import { endsInHalfCrLf, hasHeader, isJsonInstead, type StreamWire, typeFault, withoutHeader } from './stream-head.ts';

export interface StreamReplyOptions {
  readonly sink: ReplySink;
  readonly host: ReplyHost;
  readonly reader: StreamReader;
  readonly wire: StreamWire;
  /** Content type for the caller where it is not the upstream's. */
  readonly contentType: string | undefined;
  readonly maxEventBytes: number;
  /** Keeps what goes to the caller, for another attempt to go on from; undefined: none will. */
  readonly sent?: SentKeeper | undefined;
  /** What went out of an earlier attempt's answer is gone on with: the head is out. */
  readonly isResumed?: boolean;
  /** Nothing goes out before the answer is whole, or too long to be held. */
  readonly isHeldWhole?: boolean;
}

/** Preambles beyond this are no preamble: the answer begins. */
const MAX_HELD_BYTES = 256 * 1024;
/** Answers that are to be held whole begin when they are longer than this. */
const MAX_WHOLE_BYTES = 16 * 1024 * 1024;
const BLANK_LINE = Buffer.from('\n\n');
const LINE_FEED = Buffer.from('\n');
const divergence = failureOf('diverged', 'the attempt that was to complete the answer said something else');

/**
 * A streamed answer: whole events are relayed byte for byte as they come. Nothing goes out before the first event that
 * holds any of the answer, so that a stream that fails before it can be tried elsewhere; a broken event never goes out.
 */
export class StreamReply implements ReplyBody {
  readonly #options: StreamReplyOptions;
  readonly #splitter: FrameSplitter;
  #attempt: Attempt | undefined;
  #head: UpstreamHead | undefined;
  /** Events that wait: before the commit for the first content, after it for the end of the turn. */
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #isFlushDue = false;
  /** What came last was no sign of life. */
  #wasIdle = false;
  #hasContent = false;
  #failure: Failure | undefined;
  #isEnded = false;
  /** The upstream has ended; what is read now may be half an event. */
  #isAtEnd = false;
  #isSent = false;
  isCommitted = false;
  isPaused = false;

  constructor(options: StreamReplyOptions) {
    this.#options = options;
    const { maxEventBytes, wire } = options;
    this.#splitter = createFrameSplitter(wire.framing, { maxEventBytes, onEvent: this.#onEvent });
  }

  get usage(): Usage | undefined {
    return this.#options.reader.usage;
  }

  get isFinished(): boolean {
    const { isFinished, isUsageFinal } = this.#options.reader;
    return isFinished || isUsageFinal === true;
  }

  get outputTokens(): number {
    return this.#options.reader.outputTokens;
  }

  get responseModel(): string | undefined {
    return this.#options.reader.responseModel;
  }

  get serviceTier(): string | undefined {
    return this.#options.reader.serviceTier;
  }

  accepts(status: number, contentType: string): boolean {
    return isSuccess(status) && !isJsonInstead(contentType, this.#options.wire.streamType);
  }

  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined {
    this.#attempt = attempt;
    this.#head = head;
    return typeFault(head, this.#options.wire.streamType) ?? compressionFault(head);
  }

  data(chunk: Buffer): boolean {
    if (this.#isEnded) return true;
    // Proxies comment of their own accord: an answer that has begun does not go on by that.
    const isIdle = this.#hasContent && this.#splitter.isIdle(chunk);
    if (!isIdle && (!this.#isFlushDue || this.#wasIdle)) this.#attempt!.touch();
    this.#wasIdle = isIdle;
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      if (!isFramingError(error)) throw error;
      // What follows the end of the answer in its chunk is no part of it.
      if (!this.#isEnded) this.#failure ??= failureOf('malformed', `the provider's stream is broken: ${error.message}`);
    }
    return this.#afterEvents();
  }

  end(): Failure | undefined {
    if (!this.#isEnded) {
      const failure = this.#readRest();
      if (failure) {
        this.#flush();
        return failure;
      }
      if (!this.isCommitted) this.#commit();
    }
    this.#finishReply();
    return undefined;
  }

  /** The stream ended without its terminator: what is left of it, and whether the answer is whole nevertheless. */
  #readRest(): Failure | undefined {
    const held = this.#batch.length;
    this.#isAtEnd = true;
    const rest = this.#splitter.end();
    if (this.#isVerbatim) {
      if (rest.length > 0 && this.isCommitted) this.#hold(rest);
      // An event that lacked its blank line would swallow whatever follows it.
      else if (this.#batch.length > held) this.#hold(BLANK_LINE);
    }
    // Half an event at the end is a stream that was cut there.
    if (this.#failure && this.#failure.kind !== 'malformed') return this.#failure;
    const { reader } = this.#options;
    if (this.#failure || !reader.isFinished || !(this.isCommitted || this.#hasContent)) {
      return failureOf('truncated', 'the provider ended its stream before the answer was complete');
    }
    this.#hold(reader.terminator());
    return reader.isMismatch ? divergence : undefined;
  }

  readonly #onEvent = (event: SseEvent): void => {
    if (this.#isEnded) return;
    if (this.#failure) {
      const { errorData, isUsageFinal } = this.#options.reader;
      // What follows an error in its chunk may tell what the answer took.
      if (errorData !== undefined && isUsageFinal === false) this.#read(event);
      return;
    }
    // What is left at the end without any data is a comment, or the beginning of a field's name.
    if (this.#isAtEnd && event.data.length === 0) return;
    switch (this.#read(event)) {
      case 'content':
        this.#holdEvent(event);
        this.#hasContent = true;
        if (this.isCommitted) return;
        // What a translation keeps to itself is not the caller's yet: it may still come from elsewhere.
        if (this.#batchBytes > (this.#options.isHeldWhole ? MAX_WHOLE_BYTES : 0)) this.#commit();
        else this.#attempt!.noteToken();
        return;
      case 'preamble':
        this.#holdEvent(event);
        if (this.#batchBytes > MAX_HELD_BYTES && !this.isCommitted) this.#commit();
        return;
      case 'end':
        if (!this.#options.reader.isFinished) {
          this.#failure = failureOf('truncated', 'the provider ended its stream without an answer');
          return;
        }
        this.#holdEvent(event);
        // Nobody waits for the other half of the last CRLF, but a caller may.
        if (this.#isVerbatim && endsInHalfCrLf(event.bytes)) this.#hold(LINE_FEED);
        if (!this.isCommitted) this.#commit();
        this.#isEnded = true;
        return;
      case 'repeated':
        // The target speaks, though it says nothing new: an answer may need no more than its end.
        this.#hasContent = true;
        this.#attempt!.noteToken();
        return;
      case 'hidden':
        return;
      case 'error':
        this.#break(classifyBody(this.#options.reader.errorData));
        return;
      case 'malformed':
        this.#break(
          this.#options.reader.isMismatch
            ? divergence
            : failureOf('malformed', "the provider's stream holds an event that cannot be read"),
        );
    }
  };

  /** What was written of an event before it turned out to be broken is the caller's: its encoder counts on that. */
  #break(failure: Failure): void {
    this.#failure = failure;
    const { reader } = this.#options;
    if (this.isCommitted && reader.takeOutput !== undefined) this.#hold(reader.takeOutput());
  }

  #read(event: SseEvent): EventVerdict {
    try {
      return this.#options.reader.read(event);
    } catch {
      // No JSON, or of a shape that no decoder knew. An error thrown from here would end the process.
      return 'malformed';
    }
  }

  /** What the events just read lead to: an end, a failure, or bytes to send. */
  #afterEvents(): boolean {
    if (this.#failure) {
      this.#flush();
      this.#attempt!.fail(this.#failure);
      return true;
    }
    if (this.#isEnded) {
      this.#finishReply();
      this.#attempt!.complete();
      return true;
    }
    if (this.isCommitted && this.#batchBytes > 0 && !this.#isFlushDue) {
      // Events that arrive in one turn leave in one write.
      this.#isFlushDue = true;
      queueMicrotask(this.#flush);
    }
    return !this.isPaused;
  }

  #finishReply(): void {
    const { sink } = this.#options;
    if (this.#isSent) return;
    this.#isSent = true;
    this.#options.host.beforeEnd(sink);
    sink.end(this.#takeBatch());
  }

  /** Whether the caller gets the upstream's own bytes. */
  get #isVerbatim(): boolean {
    return this.#options.reader.takeOutput === undefined;
  }

  #holdEvent(event: SseEvent): void {
    const { reader } = this.#options;
    if (reader.takeOutput === undefined) this.#hold(event.bytes);
    else this.#hold(reader.takeOutput());
  }

  #hold(bytes: Buffer): void {
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
  }

  #commit(): void {
    const head = this.#head!;
    this.isCommitted = true;
    this.#attempt!.noteToken();
    if (this.#options.isResumed) {
      this.#options.host.resume();
      return;
    }
    let headers = withoutHeader(head.headers, 'cache-control');
    const { contentType } = this.#options;
    if (contentType !== undefined) {
      headers = withoutHeader(headers, 'content-type');
      headers.push('content-type', contentType);
    }
    headers.push('x-accel-buffering', 'no');
    this.#options.host.begin(headers);
    // A gateway that forbids keeping the answer has said more already.
    if (!hasHeader(headers, 'cache-control')) headers.push('cache-control', 'no-cache');
    this.#options.sink.head(head.status, headers);
  }

  readonly #flush = (): void => {
    this.#isFlushDue = false;
    if (!this.isCommitted || this.#batchBytes === 0 || this.#isSent) return;
    const { sent, sink } = this.#options;
    const bytes = this.#takeBatch();
    sent?.keep(bytes);
    if (sink.write(bytes) || this.isPaused) return;
    this.isPaused = true;
    sink.onDrain(() => {
      this.isPaused = false;
      this.#attempt!.resume();
    });
  };

  #takeBatch(): Buffer {
    const bytes = this.#batch.length === 1 ? this.#batch[0]! : Buffer.concat(this.#batch, this.#batchBytes);
    this.#batch = [];
    this.#batchBytes = 0;
    return bytes;
  }
}
