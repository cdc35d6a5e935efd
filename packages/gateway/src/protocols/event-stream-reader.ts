import type { Usage } from '../canonical/usage.ts';
import type { SseEvent } from '../framing/sse-splitter.ts';
import type { EventVerdict, StreamReader } from './stream-reader.ts';

const NOTHING = Buffer.alloc(0);

/** Reads event streams whose events the gateway knows nothing about: every event is content, a clean end is the end. */
export class EventStreamReader implements StreamReader {
  readonly isFinished = true;
  readonly usage: Usage | undefined = undefined;
  readonly responseModel: string | undefined = undefined;
  readonly serviceTier: string | undefined = undefined;
  readonly outputTokens = 0;
  readonly errorData: Buffer | undefined = undefined;

  read(_event: SseEvent): EventVerdict {
    return 'content';
  }

  terminator(): Buffer {
    return NOTHING;
  }
}
