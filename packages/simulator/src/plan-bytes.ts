import { readFileSync } from 'node:fs';
import type { FileBehaviour, RawBehaviour, RecordingBehaviour } from './behaviours.ts';
import type { PlanContext } from './plan-reply.ts';
import { readRecording } from './recording.ts';
import { type ReplyPlan, rechunk, type Step } from './reply-plan.ts';

/** Answers given bytes, as a body or as the whole reply. */
export function rawPlan(behaviour: RawBehaviour, context: PlanContext): ReplyPlan {
  const bytes =
    behaviour.base64 === undefined ? Buffer.from(behaviour.bytes ?? '') : Buffer.from(behaviour.base64, 'base64');
  return bytesPlan(bytes, behaviour, context);
}

/** Answers the bytes of a file. Throws when it cannot be read. */
export function filePlan(behaviour: FileBehaviour, context: PlanContext): ReplyPlan {
  return bytesPlan(readFileSync(behaviour.path), behaviour, context);
}

/** Answers one exchange of a recording. Throws when the file or the exchange is not there. */
export function recordingPlan(behaviour: RecordingBehaviour): ReplyPlan {
  const exchange = readRecording(behaviour);
  const headers = Object.fromEntries(Object.entries(exchange.headers).filter(([name]) => !notReplayed.has(name)));
  const chunkSizes = behaviour.chunkSizes ?? exchange.chunkSizes;
  return {
    delayMs: 0,
    head: {
      status: exchange.status,
      headers,
      contentLength: chunkSizes === undefined ? exchange.body.length : undefined,
    },
    steps: chunked(exchange.body, chunkSizes),
    ending: 'end',
  };
}

// The stored body is decoded and framed anew; the connection is the simulator's own.
const notReplayed = new Set([
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'trailer',
  'upgrade',
]);

interface BytesOptions {
  readonly chunkSizes?: readonly number[];
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly wire?: boolean;
}

function bytesPlan(bytes: Buffer, options: BytesOptions, { request }: PlanContext): ReplyPlan {
  const steps = chunked(bytes, options.chunkSizes);
  if (options.wire) return { delayMs: 0, head: undefined, steps, ending: 'close' };
  const streamed = request.stream || /^\uFEFF?(?:data|event|id|retry)?:/.test(bytes.subarray(0, 16).toString('utf8'));
  const given = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    delayMs: 0,
    head: {
      status: options.status ?? 200,
      headers: { 'content-type': streamed ? 'text/event-stream' : 'application/json', ...Object.fromEntries(given) },
      contentLength: streamed || options.chunkSizes !== undefined ? undefined : bytes.length,
    },
    steps,
    ending: 'end',
  };
}

function chunked(bytes: Buffer, sizes: readonly number[] | undefined): Iterable<Step> {
  if (bytes.length === 0) return [];
  return rechunk([{ bytes, delayMs: 0, tokens: 0 }], sizes ?? 'all');
}
