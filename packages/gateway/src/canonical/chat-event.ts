import type { Finish } from './chat-answer.ts';
import type { Citation, ForeignPart, MediaPart, Signature } from './conversation.ts';
import type { Usage } from './usage.ts';

/**
 * What happens in a streamed answer, whatever wire it came on. A decoder keeps this order, and an encoder may rely on
 * it: one `start` first; parts of one choice one after another, each `part-start`, its deltas, `part-end`; after the
 * last part of a choice its `finish`; `usage` at any time, the last one counts and holds everything; `end` last, and
 * only when the upstream ended its answer as its wire says. Nothing follows `error`.
 */
export type ChatEvent =
  | StartEvent
  | PartStartEvent
  | DeltaEvent
  | SignatureEvent
  | CitationEvent
  | PartEndEvent
  | LogprobsEvent
  | FinishEvent
  | UsageEvent
  | ErrorEvent
  | { readonly type: 'ping' }
  | { readonly type: 'end' };

export interface StartEvent {
  readonly type: 'start';
  readonly id: string | undefined;
  readonly model: string | undefined;
  /** Seconds since 1970. */
  readonly created: number | undefined;
  readonly serviceTier: string | undefined;
}

/** Parts are numbered over all choices in the order in which they begin, from 0. */
export interface PartStartEvent {
  readonly type: 'part-start';
  readonly index: number;
  readonly choice: number;
  readonly part: PartHead;
}

export type PartHead =
  | { readonly type: 'text' }
  | { readonly type: 'refusal' }
  | { readonly type: 'reasoning'; readonly id?: string; readonly isRedacted?: boolean }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly kind: 'function' | 'custom' }
  /** These come whole: no deltas follow, only their `part-end`. */
  | MediaPart
  | ForeignPart;

/** More of a part's text: of a text, a refusal, a reasoning, or the JSON text of a call's arguments. */
export interface DeltaEvent {
  readonly type: 'delta';
  readonly index: number;
  readonly text: string;
}

/** The opaque token of a part; at most one a part, whole. */
export interface SignatureEvent {
  readonly type: 'signature';
  readonly index: number;
  readonly signature: Signature;
}

export interface CitationEvent {
  readonly type: 'citation';
  readonly index: number;
  readonly citation: Citation;
}

export interface PartEndEvent {
  readonly type: 'part-end';
  readonly index: number;
}

/** Log probabilities of the tokens since the last ones, as OpenAI's chat wire has them. */
export interface LogprobsEvent {
  readonly type: 'logprobs';
  readonly choice: number;
  readonly logprobs: unknown;
}

export interface FinishEvent {
  readonly type: 'finish';
  readonly choice: number;
  readonly finish: Finish;
}

export interface UsageEvent {
  readonly type: 'usage';
  readonly usage: Usage;
  /** The tier that answered, where the wire tells it beside the usage and the beginning did not. */
  readonly serviceTier?: string;
}

/** The upstream reports a failure in band: its own words, to be classified. */
export interface ErrorEvent {
  readonly type: 'error';
  readonly data: Buffer;
  /** What the answer took up to there, where the upstream says it to the end. */
  readonly usage?: Usage | undefined;
}
