import { AwsEventSplitter, EventStreamError } from './aws-event-stream.ts';
import { SseEvent, SseOverflowError, SseSplitter, type SseSplitterOptions } from './sse-splitter.ts';

/** How the events of a stream are framed. */
export type Framing = 'sse' | 'aws-event-stream';

/** Takes a stream apart into events, whatever they are framed in. */
export interface FrameSplitter {
  push(chunk: Buffer): void;
  /** Whether bytes that come next say nothing of any event: only server-sent events have comments between them. */
  isIdle(chunk: Buffer): boolean;
  /** Ends the stream: hands out an event that lacks only its end, answers bytes of none that may follow the others. */
  end(): Buffer;
}

export function createFrameSplitter(framing: Framing, options: SseSplitterOptions): FrameSplitter {
  return framing === 'sse' ? new SseSplitter(options) : new AwsFrames(options);
}

/** Whether an error says that the stream's framing is broken. */
export function isFramingError(error: unknown): error is Error {
  return error instanceof SseOverflowError || error instanceof EventStreamError;
}

const NOTHING = Buffer.alloc(0);

/** AWS's frames, told as events. */
class AwsFrames implements FrameSplitter {
  readonly #splitter: AwsEventSplitter;
  readonly #event = new SseEvent();

  constructor({ maxEventBytes, onEvent }: SseSplitterOptions) {
    const event = this.#event;
    this.#splitter = new AwsEventSplitter({
      maxFrameBytes: maxEventBytes,
      onFrame({ bytes, data, name }) {
        event.bytes = bytes;
        event.source = data;
        event.dataStart = 0;
        event.dataEnd = data.length;
        event.name = name;
        onEvent(event);
      },
    });
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk);
  }

  isIdle(): boolean {
    return false;
  }

  /** A frame says how long it is, so one that was cut cannot be told from none. */
  end(): Buffer {
    return NOTHING;
  }
}
