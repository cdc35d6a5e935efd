import { GatewayError } from '../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import type { Usage } from '../canonical/usage.ts';
import { parseExact } from '../framing/exact-json.ts';
import { type Attempt, failureOf, isSuccess, type ReplyBody } from '../relay/attempt.ts';
import type { UpstreamHead } from '../relay/reply-headers.ts';
import type { ReplyHost, ReplySink } from '../relay/reply-sink.ts';
import type { Failure } from '../resilience/failure.ts';

export interface TranslatedUnaryOptions {
  readonly sink: ReplySink;
  readonly host: ReplyHost;
  readonly rewrite: RewriteAnswer;
  /** An answer that is longer is no answer: it would have to be held whole. */
  readonly maxBytes: number;
}

/** Writes an upstream's whole answer in the caller's wire. What it throws means that the answer is none. */
export type RewriteAnswer = (answer: JsonObject) => RewrittenAnswer | Failure;

export interface RewrittenAnswer {
  readonly body: Buffer;
  readonly usage: Usage | undefined;
  readonly responseModel: string | undefined;
}

/** A JSON answer of another wire: held until it is whole, read, and written anew. */
export class TranslatedUnary implements ReplyBody {
  readonly #options: TranslatedUnaryOptions;
  #head: UpstreamHead | undefined;
  #attempt: Attempt | undefined;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  isCommitted = false;
  readonly isPaused = false;
  usage: Usage | undefined;
  responseModel: string | undefined;

  constructor(options: TranslatedUnaryOptions) {
    this.#options = options;
  }

  accepts(status: number): boolean {
    return isSuccess(status);
  }

  begin(head: UpstreamHead, attempt: Attempt): Failure | undefined {
    this.#head = head;
    this.#attempt = attempt;
    if (head.contentEncoding === '' || head.contentEncoding === 'identity') return undefined;
    return failureOf('malformed', `the provider compressed its answer (${head.contentEncoding}) though not asked to`);
  }

  data(chunk: Buffer): boolean {
    this.#attempt!.touch();
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > this.#options.maxBytes) {
      this.#attempt!.fail(
        failureOf('malformed', `the provider's answer is longer than ${this.#options.maxBytes} bytes`),
      );
    }
    return true;
  }

  end(): Failure | undefined {
    const answer = this.#read(Buffer.concat(this.#held, this.#heldBytes));
    if ('kind' in answer) return answer;
    const { host, sink } = this.#options;
    this.usage = answer.usage;
    this.responseModel = answer.responseModel;
    const head = this.#head!;
    const headers = withoutContentHeaders(head.headers);
    headers.push('content-type', 'application/json', 'content-length', String(answer.body.length));
    host.begin(headers);
    this.isCommitted = true;
    sink.head(head.status, headers);
    sink.end(answer.body);
    return undefined;
  }

  #read(bytes: Buffer): RewrittenAnswer | Failure {
    let value: unknown;
    try {
      value = parseExact(bytes.toString('utf8'));
    } catch {
      return failureOf('malformed', 'the provider answered with what is not JSON');
    }
    if (!isObject(value)) return failureOf('malformed', 'the provider answered with JSON that is no object');
    try {
      return this.#options.rewrite(value);
    } catch (error) {
      return unreadable(error);
    }
  }
}

/** An answer of a shape that no decoder knew; what is wrong with it says the error's name at most, never its content. */
export function unreadable(error: unknown): Failure {
  if (error instanceof GatewayError) {
    return failureOf(error.kind === 'upstream_failed' ? 'transient' : 'malformed', error.message);
  }
  const name = error instanceof Error ? error.name : 'unknown';
  return failureOf('malformed', `the provider's answer cannot be read (${name})`);
}

function withoutContentHeaders(headers: readonly string[]): string[] {
  const rest: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (!headers[index]!.startsWith('content-')) rest.push(headers[index]!, headers[index + 1]!);
  }
  return rest;
}
