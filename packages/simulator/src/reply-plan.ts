import type { Answer } from './answers/answer.ts';
import type { Chunking } from './behaviours.ts';

/** Everything about one reply, decided before its first byte is written. */
export interface ReplyPlan {
  /** Milliseconds between the request and the head. */
  readonly delayMs: number;
  /** `undefined` sends no HTTP head: the steps, if any, are the raw bytes on the socket. */
  readonly head: ReplyHead | undefined;
  readonly steps: Iterable<Step>;
  readonly ending: Ending;
}

/** Status line and headers; without a length the body is chunked, a step being a chunk. */
export interface ReplyHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentLength: number | undefined;
}

/** Bytes that leave together, after a pause in milliseconds. */
export interface Step {
  readonly bytes: Buffer;
  readonly delayMs: number;
  /** Tokens of the answer in these bytes. */
  readonly tokens: number;
}

/** `end` finishes the body as HTTP wants it, `stop` does so though the answer is not whole, `close` sends a FIN inside it. */
export type Ending = 'end' | 'stop' | 'close' | 'reset' | { readonly holdMs: number | undefined };

/** The wire form of a good answer, before it is harmed or cut into chunks. */
export interface AnswerBody {
  readonly streamed: boolean;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly delayMs: number;
}

/** Puts an answer on its wire with its pace: a step per event, or one step for a unary body. */
export function answerBody(
  answer: Answer,
  options: { readonly gapMs: number; readonly firstTokenMs: number; readonly streamContentType: string },
): AnswerBody {
  const { headers = {} } = answer;
  if (answer.stream === undefined) {
    const delayMs = options.firstTokenMs + options.gapMs * Math.max(0, answer.tokens - 1);
    const steps = [{ bytes: answer.body(), delayMs: 0, tokens: answer.tokens }];
    return { streamed: false, contentType: answer.contentType, headers, steps, delayMs };
  }
  let begun = false;
  const steps = answer.stream().map((event, index): Step => {
    const { tokens } = event;
    const delayMs = index === 0 ? options.firstTokenMs : tokens > 0 && begun ? options.gapMs : 0;
    begun ||= tokens > 0;
    return { bytes: 'bytes' in event ? event.bytes : Buffer.from(event.text), delayMs, tokens };
  });
  return { streamed: true, contentType: options.streamContentType, headers, steps, delayMs: 0 };
}

/** The plan that sends an answer whole. A unary body has a length unless it is to be seen in chunks. */
export function wholePlan(body: AnswerBody, options: PlanOptions = {}): ReplyPlan {
  const { chunking = 'event', headers = {}, ending = 'end' } = options;
  const whole = ending === 'end' && chunking === 'event';
  return {
    delayMs: body.delayMs,
    head: {
      status: 200,
      headers: {
        'content-type': body.contentType,
        ...(body.streamed && { 'cache-control': 'no-cache' }),
        ...body.headers,
        ...headers,
      },
      contentLength: body.streamed || !whole ? undefined : byteLength(body.steps),
    },
    steps: rechunk(body.steps, chunking),
    ending,
  };
}

/** What may differ in the plan of a whole answer. */
export interface PlanOptions {
  readonly chunking?: Chunking | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly ending?: Ending;
}

/** A plan that sends a status and a body known in full. */
export function fixedPlan(status: number, headers: Readonly<Record<string, string>>, bytes: Buffer): ReplyPlan {
  return {
    delayMs: 0,
    head: { status, headers, contentLength: bytes.length },
    steps: bytes.length === 0 ? [] : [{ bytes, delayMs: 0, tokens: 0 }],
    ending: 'end',
  };
}

/** A plan that says nothing at all. */
export function silentPlan(ending: Ending): ReplyPlan {
  return { delayMs: 0, head: undefined, steps: [], ending };
}

/**
 * The steps that carry the first `tokens` tokens and no more, however many there are; 0 keeps none. A unary body is one
 * step: it is cut at the byte in proportion.
 */
export function cutAfterTokens(body: AnswerBody, tokens: number): Step[] {
  const [first] = body.steps;
  if (!body.streamed && first !== undefined) {
    const share = Math.min(1, tokens / Math.max(1, first.tokens));
    const bytes = first.bytes.subarray(0, Math.min(first.bytes.length - 1, Math.floor(first.bytes.length * share)));
    return bytes.length === 0 ? [] : [{ ...first, bytes, tokens: Math.min(tokens, first.tokens) }];
  }
  return body.steps.slice(0, stepsOfTokens(body, tokens));
}

/** How many steps it takes to send the first `tokens` tokens of a streamed body. */
export function stepsOfTokens(body: AnswerBody, tokens: number): number {
  const total = body.steps.reduce((sum, step) => sum + step.tokens, 0);
  let sent = 0;
  let count = 0;
  for (const step of body.steps) {
    if (sent >= Math.min(tokens, total)) break;
    sent += step.tokens;
    count += 1;
  }
  return count;
}

/** The steps that carry the first `bytes` bytes of a body. */
export function cutAfterBytes(steps: Iterable<Step>, bytes: number): Step[] {
  const kept: Step[] = [];
  let left = bytes;
  for (const step of steps) {
    if (left <= 0) break;
    kept.push(step.bytes.length <= left ? step : { ...step, bytes: step.bytes.subarray(0, left), tokens: 0 });
    left -= step.bytes.length;
  }
  return kept;
}

/** Cuts steps anew. Only `event` and `byte` keep the pauses between events; the others join all bytes first. */
export function rechunk(steps: readonly Step[], chunking: Chunking): Iterable<Step> {
  if (chunking === 'event') return steps;
  if (chunking === 'byte') return singleBytes(steps);
  const joined: Step = {
    bytes: Buffer.concat(steps.map((step) => step.bytes)),
    delayMs: steps[0]?.delayMs ?? 0,
    tokens: steps.reduce((sum, step) => sum + step.tokens, 0),
  };
  return chunking === 'all' ? [joined] : slices(joined, chunking);
}

/** Sends every byte alone, so many milliseconds after the one before. */
export function* dribbleSteps(steps: readonly Step[], bytesPerSecond: number): Generator<Step> {
  // Timers are not finer than a millisecond or so: above 100 bytes a second, several bytes leave at once.
  const size = Math.max(1, Math.floor(bytesPerSecond / 100));
  for (const step of steps) {
    for (let start = 0; start < step.bytes.length; start += size) {
      const bytes = step.bytes.subarray(start, start + size);
      yield { bytes, delayMs: (bytes.length * 1000) / bytesPerSecond, tokens: start === 0 ? step.tokens : 0 };
    }
  }
}

/** The bytes of some steps. */
export function byteLength(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + step.bytes.length, 0);
}

function* singleBytes(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    for (let start = 0; start < step.bytes.length; start++) {
      const bytes = step.bytes.subarray(start, start + 1);
      yield {
        bytes,
        delayMs: start === 0 ? step.delayMs : 0,
        tokens: start === step.bytes.length - 1 ? step.tokens : 0,
      };
    }
  }
}

function* slices(joined: Step, sizes: readonly number[]): Generator<Step> {
  let start = 0;
  for (const size of sizes) {
    if (start >= joined.bytes.length) return;
    // A size of 0 or less would make an empty chunk, which ends an HTTP body.
    if (size < 1) continue;
    const bytes = joined.bytes.subarray(start, start + size);
    yield { bytes, delayMs: start === 0 ? joined.delayMs : 0, tokens: start === 0 ? joined.tokens : 0 };
    start += size;
  }
  if (start >= joined.bytes.length) return;
  const last = Math.max(1, sizes.at(-1) ?? joined.bytes.length);
  for (; start < joined.bytes.length; start += last) {
    yield { bytes: joined.bytes.subarray(start, start + last), delayMs: 0, tokens: start === 0 ? joined.tokens : 0 };
  }
}
