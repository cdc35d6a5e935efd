import type { ReplySink } from '../relay/reply-sink.ts';

export interface FakeSink extends ReplySink {
  readonly heads: { readonly status: number; readonly headers: readonly string[] }[];
  /** What it was given, joined. */
  received(): Buffer;
  readonly ends: number;
  readonly cuts: number;
  readonly trailers: string[];
  /** It said to wait and has not said to go on. */
  readonly isFull: boolean;
  /** What was wrong with how it was used, in sentences. */
  readonly faults: string[];
  /** The client reads everything that was written. */
  drain(): void;
}

/** A client that takes so many bytes before it says to wait. */
export function createFakeSink(roomBytes = Number.POSITIVE_INFINITY): FakeSink {
  const chunks: Buffer[] = [];
  const waiting: (() => void)[] = [];
  let unread = 0;
  const sink = {
    heads: [] as { status: number; headers: readonly string[] }[],
    ends: 0,
    cuts: 0,
    trailers: [] as string[],
    isFull: false,
    faults: [] as string[],
    received: () => Buffer.concat(chunks),
    head(status: number, headers: readonly string[]) {
      if (sink.heads.length > 0) sink.faults.push('a second head');
      sink.heads.push({ status, headers });
    },
    write(bytes: Buffer) {
      if (sink.isFull) sink.faults.push('a write to a full sink');
      take(bytes);
      unread += bytes.length;
      sink.isFull = unread > roomBytes;
      return !sink.isFull;
    },
    end(bytes?: Buffer) {
      if (bytes !== undefined) take(bytes);
      if (sink.ends + sink.cuts > 0) sink.faults.push('an end after the end');
      sink.ends += 1;
    },
    cut() {
      if (sink.ends + sink.cuts > 0) sink.faults.push('a cut after the end');
      sink.cuts += 1;
    },
    trailer(name: string, value: string) {
      if (sink.ends > 0) sink.faults.push('a trailer after the end');
      sink.trailers.push(`${name}: ${value}`);
    },
    onDrain(callback: () => void) {
      waiting.push(callback);
    },
    drain() {
      unread = 0;
      sink.isFull = false;
      for (const callback of waiting.splice(0)) callback();
    },
  };
  const take = (bytes: Buffer) => {
    if (sink.ends + sink.cuts > 0) sink.faults.push('bytes after the end');
    if (sink.heads.length === 0) sink.faults.push('bytes before the head');
    chunks.push(Buffer.from(bytes));
  };
  return sink;
}
