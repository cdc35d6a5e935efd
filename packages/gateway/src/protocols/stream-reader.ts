import type { Usage } from '../canonical/usage.ts';
import type { SseEvent } from '../framing/sse-splitter.ts';

/**
 * What one event of an upstream's stream means to a relay.
 * - `preamble`: good, but nothing of the answer yet (a role, a comment): held back until the first `content`.
 * - `content`: part of the answer.
 * - `end`: the protocol's own terminator.
 * - `repeated`: part of an answer whose beginning the caller has already.
 * - `hidden`: good, but not for this caller (usage it did not ask for).
 * - `error`: the upstream reports a failure in band; `failure` has its data.
 * - `malformed`: not an event of this protocol.
 */
export type EventVerdict = 'preamble' | 'content' | 'end' | 'repeated' | 'hidden' | 'error' | 'malformed';

/** Watches a stream go by: one per attempt, synchronous, keeps no part of the answer. */
export interface StreamReader {
  read(event: SseEvent): EventVerdict;
  /** The answer is whole: its terminator, or the finish of every choice, went by. */
  readonly isFinished: boolean;
  /** Bytes that complete an answer whose upstream ended well but left out the terminator; empty when none are due. */
  terminator(): Buffer;
  readonly usage: Usage | undefined;
  readonly responseModel: string | undefined;
  /** The tier of service that answers, as the provider tells it. */
  readonly serviceTier: string | undefined;
  /** Tokens of the answer that have gone by; an estimate, for answers whose provider does not say. */
  readonly outputTokens: number;
  /**
   * What the caller gets in place of the event read last (of `terminator()` it is the whole). Left out: the event
   * itself, byte for byte.
   */
  takeOutput?(): Buffer;
  /** The event was `malformed` because it is no part of the answer that is to be completed. */
  readonly isMismatch?: boolean;
  /**
   * Whether `usage` is final although the answer is not whole: the upstream said it with its error, or in an event after
   * that, which is `error` as well. Left out: it never is.
   */
  readonly isUsageFinal?: boolean;
  /** Data of the event that was an `error`. */
  readonly errorData: Buffer | undefined;
}
