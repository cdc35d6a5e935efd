import { GatewayError } from '../canonical/gateway-error.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { Usage } from '../canonical/usage.ts';
import { parseExact } from '../framing/exact-json.ts';
import { failureOf } from '../relay/attempt.ts';
import type { ReplyHost, ReplySink } from '../relay/reply-sink.ts';
import type { Failure } from '../resilience/failure.ts';
import { HeldAnswer } from './held-answer.ts';

export interface TranslatedUnaryOptions {
  readonly sink: ReplySink;
  readonly host: ReplyHost;
  readonly rewrite: RewriteAnswer;
  /** What an answer that is none reports all the same. */
  readonly usageOf: (answer: JsonObject) => Usage | undefined;
  /** An answer that is longer is no answer: it would have to be held whole. */
  readonly maxBytes: number;
}

/** Writes an upstream's whole answer in the caller's wire. What it throws means that the answer is none. */
export type RewriteAnswer = (answer: JsonObject) => RewrittenAnswer | Failure;

export interface RewrittenAnswer {
  readonly body: Buffer;
  readonly usage: Usage | undefined;
  /** Tokens of what it says, an estimate, where `usage` is not known; left out: nobody can tell. */
  readonly outputTokens?: number | undefined;
  readonly responseModel: string | undefined;
  /** The tier of service that answered; left out: nobody said. */
  readonly serviceTier?: string | undefined;
}

/** A JSON answer of another wire: held until it is whole, read, and written anew. */
export class TranslatedUnary extends HeldAnswer {
  readonly #options: TranslatedUnaryOptions;

  constructor(options: TranslatedUnaryOptions) {
    super(options.maxBytes);
    this.#options = options;
  }

  override end(): Failure | undefined {
    const failure = super.end();
    if (failure) return failure;
    const answer = this.#rewrite(this.value!);
    const { host, sink } = this.#options;
    if ('kind' in answer) {
      this.usage = this.#reported(this.value!);
      return answer;
    }
    this.usage = answer.usage;
    this.outputTokens = answer.outputTokens;
    this.responseModel = answer.responseModel;
    this.serviceTier = answer.serviceTier;
    const { status, headers: upstreamHeaders } = this.head!;
    const headers = withoutContentHeaders(upstreamHeaders);
    headers.push('content-type', 'application/json', 'content-length', String(answer.body.length));
    host.begin(headers);
    this.isCommitted = true;
    sink.head(status, headers);
    sink.end(answer.body);
    return undefined;
  }

  /** Arguments of tools may hold numbers that a double would change. */
  protected override parse(text: string): unknown {
    return parseExact(text);
  }

  #reported(value: JsonObject): Usage | undefined {
    try {
      return this.#options.usageOf(value);
    } catch {
      // Of a shape that no decoder knew, as the answer may be.
      return undefined;
    }
  }

  #rewrite(value: JsonObject): RewrittenAnswer | Failure {
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
